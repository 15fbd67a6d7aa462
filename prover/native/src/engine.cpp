#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include "dispatch.h"

namespace cinnabar {

void wipe(void *bytes, size_t length) {
  // An empty vector has no address.
  if (length == 0) return;
  memset(bytes, 0, length);
  // Keeps the compiler from leaving it out.
  __asm__ volatile("" : : "r"(bytes) : "memory");
}

Pool::Pool(uint32_t threads) : threads(threads < 1 ? 1 : threads) {
  for (uint32_t i = 1; i < this->threads; i++) {
    try {
      std::thread([this, i] { work(i); }).detach();
    } catch (const std::exception &) {
      // With those there are.
      this->threads = i;
    }
  }
}

void Pool::work(uint32_t thread) {
  uint64_t seen = 0;
  for (;;) {
    std::shared_ptr<Round> round;
    {
      std::unique_lock<std::mutex> lock(mutex);
      started.wait(lock, [&] { return number != seen; });
      seen = number;
      round = current;
    }
    if (round) take(*round, thread);
  }
}

void Pool::take(Round &round, uint32_t thread) {
  for (size_t i = round.next.fetch_add(1); i < round.count; i = round.next.fetch_add(1)) {
    (*round.task)(i, thread);
    if (round.done.fetch_add(1) + 1 == round.count) {
      std::lock_guard<std::mutex> lock(mutex);
      finished.notify_one();
    }
  }
}

void Pool::run(size_t count, const std::function<void(size_t, uint32_t)> &task) {
  std::shared_ptr<Round> round;
  if (threads > 1 && count > 1) {
    try {
      round = std::make_shared<Round>();
    } catch (const std::bad_alloc &) {
      // It is done here; a core that calls this knows no exceptions.
    }
  }
  if (!round) {
    for (size_t i = 0; i < count; i++) task(i, 0);
    return;
  }
  round->task = &task;
  round->count = count;
  {
    std::lock_guard<std::mutex> lock(mutex);
    current = round;
    number++;
  }
  started.notify_all();
  take(*round, 0);
  std::unique_lock<std::mutex> lock(mutex);
  finished.wait(lock, [&] { return round->done == round->count; });
  current = nullptr;
}

namespace {
const size_t SMALLEST_CHUNK = 1 << 20;
const size_t PAGE = 4096;
} // namespace

void *Room::allocate(size_t bytes) {
  bytes = (bytes + 63) & ~(size_t)63;
  for (Chunk &chunk : chunks) {
    if (chunk.size - chunk.used < bytes) continue;
    void *lent = chunk.bytes + chunk.used;
    chunk.used += bytes;
    return lent;
  }
  try {
    chunks.reserve(chunks.size() + 1);
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
  size_t size = bytes < SMALLEST_CHUNK ? SMALLEST_CHUNK : (bytes + PAGE - 1) & ~(PAGE - 1);
  void *fresh = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fresh == MAP_FAILED) return nullptr;
#if defined(MADV_HUGEPAGE)
  madvise(fresh, size, MADV_HUGEPAGE);
#endif
  chunks.push_back({(uint8_t *)fresh, size, bytes});
  return fresh;
}

void Room::reset() {
  for (Chunk &chunk : chunks) {
    wipe(chunk.bytes, chunk.used);
    chunk.used = 0;
  }
}

void Room::release() {
  for (Chunk &chunk : chunks) {
    wipe(chunk.bytes, chunk.used);
    munmap(chunk.bytes, chunk.size);
  }
  chunks.clear();
}

void ProofJob::forget() {
  wipe(witness.data(), witness.size());
  std::vector<uint8_t>().swap(witness);
  wipe(r, sizeof(r));
  wipe(s, sizeof(s));
}

ProofJob::~ProofJob() { forget(); }

namespace {

Engine *makeEngine() {
  const char *name = getenv("CINNABAR_PROVER_CORE");
  const Core *core = coreNamed(name ? name : "");
  const char *limit = getenv("CINNABAR_PROVER_THREADS");
  uint32_t threads = limit ? (uint32_t)atoi(limit) : std::thread::hardware_concurrency();
  return new Engine(core ? core : coreNamed(""), threads > 256 ? 256 : threads);
}

} // namespace

// Never destroyed: their threads may be at work when the process ends.
Engine &Engine::instance() {
  static Engine *engine = makeEngine();
  return *engine;
}

Engine &Engine::forKernels() {
  static Engine *engine = makeEngine();
  return *engine;
}

void Engine::post(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!isStarted) {
    std::thread([this] { loop(); }).detach();
    isStarted = true;
  }
  queue.push_back(std::move(job));
  arrived.notify_one();
}

void Engine::loop() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock<std::mutex> lock(mutex);
      arrived.wait(lock, [&] { return !queue.empty(); });
      job = std::move(queue.front());
      queue.pop_front();
    }
    job();
  }
}

ParallelFor Engine::parallelFor() {
  return [this](size_t count, const std::function<void(size_t)> &task) {
    pool.run(count, [&](size_t index, uint32_t) { task(index); });
  };
}

std::shared_ptr<LoadedKey> Engine::open(const std::string &path, std::string *reason) {
  return LoadedKey::open(path, core, parallelFor(), reason);
}

namespace {

struct RunContext {
  Engine *engine;
  Room *room;
  ProofJob *job;
};

void runParallel(void *context, size_t count, void (*task)(void *, size_t, uint32_t), void *argument) {
  ((RunContext *)context)->engine->pool.run(count, [&](size_t index, uint32_t thread) {
    task(argument, index, thread);
  });
}

bool isCancelled(void *context) { return ((RunContext *)context)->job->isCancelled.load(std::memory_order_relaxed); }

void enter(void *context, Phase phase) {
  ProofJob *job = ((RunContext *)context)->job;
  if (job->onPhase) job->onPhase(phase);
}

void *allocate(void *context, size_t bytes) { return ((RunContext *)context)->room->allocate(bytes); }

} // namespace

void Engine::prove(ProofJob &job) {
  struct Forgetting {
    ProofJob &job;
    ~Forgetting() { job.forget(); }
  } forgetting{job};
  if (job.isCancelled) {
    job.verdict = Verdict::cancelled;
    return;
  }
  const uint8_t *witness =
      readWitness(job.witness.data(), job.witness.size(), job.key->key.wires, core, &job.reason);
  if (!witness) {
    job.verdict = Verdict::badWitness;
    return;
  }
  RunContext context = {this, &room, &job};
  Runtime runtime = {&context, pool.size(), runParallel, isCancelled, enter, allocate};
  switch (core->prove(&job.key->key, witness, job.r, job.s, &runtime, job.proof)) {
  case OUTCOME_DONE: job.verdict = Verdict::done; break;
  case OUTCOME_CANCELLED: job.verdict = Verdict::cancelled; break;
  case OUTCOME_NO_MEMORY: job.verdict = Verdict::noMemory; break;
  case OUTCOME_BAD_KEY: job.verdict = Verdict::badKey; break;
  }
  if (job.verdict == Verdict::noMemory) room.release();
  else room.reset();
}

} // namespace cinnabar
