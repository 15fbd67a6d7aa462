// Jobs in order of arrival, one at a time on all threads: two at once would share the same processors and each
// other's caches, and both end later.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "files.h"

namespace cinnabar {

/** Threads that wait for loops. The caller of `run` works as thread 0. */
class Pool {
public:
  explicit Pool(uint32_t threads);
  /** Throws nothing but what `task` throws in this thread: on the others it must not. */
  void run(size_t count, const std::function<void(size_t, uint32_t)> &task);
  uint32_t size() const { return threads; }

private:
  /** One loop. A thread that wakes too late finds nothing left of it to do, and nobody waits for it. */
  struct Round {
    const std::function<void(size_t, uint32_t)> *task;
    size_t count;
    std::atomic<size_t> next{0}, done{0};
  };
  void work(uint32_t thread);
  void take(Round &round, uint32_t thread);

  uint32_t threads;
  std::mutex mutex;
  std::condition_variable started, finished;
  uint64_t number = 0;
  std::shared_ptr<Round> current;
};

/** Memory lent to one job after another: wiped after each, and kept for the next. */
class Room {
public:
  /** Null without memory. */
  void *allocate(size_t bytes);
  /** Wipes what was lent and takes it back. */
  void reset();
  void release();

private:
  struct Chunk {
    uint8_t *bytes;
    size_t size, used;
  };
  std::vector<Chunk> chunks;
};

enum class Verdict { done, cancelled, noMemory, badKey, badWitness };

struct ProofJob {
  std::shared_ptr<LoadedKey> key;
  std::vector<uint8_t> witness;
  uint8_t r[32], s[32];
  std::atomic<bool> isCancelled{false};
  std::function<void(Phase)> onPhase;

  Verdict verdict = Verdict::done;
  std::string reason;
  uint8_t proof[256];

  /** Wipes and frees what is secret: JavaScript may hold the job for long. */
  void forget();
  ~ProofJob();
};

class Engine {
public:
  /** One a process; lives until its end. */
  static Engine &instance();
  /** Another for work of milliseconds, which must not wait for proofs. */
  static Engine &forKernels();
  Engine(const Core *core, uint32_t threads) : core(core), pool(threads) {}

  /** Runs `job`, which throws nothing, after those that came before it. Throws itself without memory or threads. */
  void post(std::function<void()> job);

  /** Only from a posted job. What is secret in it is gone at the end, however that is. */
  void prove(ProofJob &job);
  std::shared_ptr<LoadedKey> open(const std::string &path, std::string *reason);
  ParallelFor parallelFor();

  const Core *core;
  Pool pool;

private:
  void loop();

  Room room;
  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::function<void()>> queue;
  bool isStarted = false;
};

void wipe(void *bytes, size_t length);

} // namespace cinnabar
