// A program around the prover without Node, for sanitizers and measurements:
//   trial prove KEY WITNESS [rounds]      r = 3, s = 5; prints the proof and milliseconds a round
//   trial damage KEY WITNESS SEED ROUNDS  changed and shortened copies of both files; none may do harm
#include <chrono>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "engine.h"

using namespace cinnabar;

static std::vector<uint8_t> readFile(const char *path) {
  std::vector<uint8_t> bytes;
  FILE *file = fopen(path, "rb");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  bytes.resize((size_t)ftell(file));
  fseek(file, 0, SEEK_SET);
  if (fread(bytes.data(), 1, bytes.size(), file) != bytes.size()) exit(2);
  fclose(file);
  return bytes;
}

static uint64_t state;

/** splitmix64 */
static uint64_t random64() {
  uint64_t z = (state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** An exact copy on the heap, so that a sanitizer sees the first byte read behind its end. */
static std::vector<uint8_t> damaged(const std::vector<uint8_t> &original, size_t head) {
  std::vector<uint8_t> bytes = original;
  switch (random64() % 4) {
  case 0:
    bytes.resize(random64() % (bytes.size() + 1));
    break;
  case 1:
    bytes.resize(random64() % (head < bytes.size() ? head : bytes.size()));
    break;
  default:
    break;
  }
  for (uint64_t changes = random64() % 4; changes > 0 && !bytes.empty(); changes--) {
    size_t range = random64() % 2 && head < bytes.size() ? head : bytes.size();
    size_t at = random64() % range;
    switch (random64() % 4) {
    case 0: bytes[at] ^= (uint8_t)(1u << random64() % 8); break;
    case 1: bytes[at] = 0xff; break;
    case 2: bytes[at] = 0; break;
    default: {
      uint32_t word = random64() % 2 ? 0xffffffffu : (uint32_t)random64();
      if (at + 4 <= bytes.size()) memcpy(&bytes[at], &word, 4);
    }
    }
  }
  bytes.shrink_to_fit();
  return bytes;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *name = getenv("CINNABAR_PROVER_CORE");
  const char *limit = getenv("CINNABAR_PROVER_THREADS");
  const Core *core = coreNamed(name ? name : "");
  if (!core) return 2;
  Engine *engine = new Engine(core, limit ? (uint32_t)atoi(limit) : std::thread::hardware_concurrency());
  std::string reason;
  std::vector<uint8_t> witness = readFile(argv[3]);

  if (strcmp(argv[1], "prove") == 0) {
    double start = now();
    std::shared_ptr<LoadedKey> key = engine->open(argv[2], &reason);
    if (!key) {
      printf("key refused: %s\n", reason.c_str());
      return 1;
    }
    printf("%s, key loaded in %.1f ms\n", core->name, now() - start);
    for (int round = argc > 4 ? atoi(argv[4]) : 1; round > 0; round--) {
      ProofJob job;
      job.key = key;
      job.witness = witness;
      memset(job.r, 0, 32);
      memset(job.s, 0, 32);
      job.r[0] = 3;
      job.s[0] = 5;
      double last = now(), begin = last;
      clock_t cpu = clock();
      std::string phases;
      job.onPhase = [&](Phase phase) {
        char text[64];
        snprintf(text, sizeof(text), " %.1f | %d", now() - last, (int)phase);
        phases += text;
        last = now();
      };
      engine->prove(job);
      double end = now();
      printf("verdict %d %s:%s %.1f = %.1f ms, cpu %.1f ms ", (int)job.verdict, job.reason.c_str(), phases.c_str(), end - last,
             end - begin, 1e3 * (double)(clock() - cpu) / CLOCKS_PER_SEC);
      if (round == 1) for (uint8_t byte : job.proof) printf("%02x", byte);
      printf("\n");
    }
    return 0;
  }

  if (strcmp(argv[1], "damage") == 0 && argc >= 6) {
    std::vector<uint8_t> zkey = readFile(argv[2]);
    state = strtoull(argv[4], nullptr, 10);
    int rounds = atoi(argv[5]), loaded = 0, proved = 0;
    for (int round = 0; round < rounds; round++) {
      bool keepsKey = random64() % 3 == 0;
      std::vector<uint8_t> keyBytes = keepsKey ? zkey : damaged(zkey, 900);
      std::shared_ptr<LoadedKey> key =
          LoadedKey::read(keyBytes.data(), keyBytes.size(), core, engine->parallelFor(), &reason);
      if (!key) continue;
      loaded++;
      ProofJob job;
      job.key = key;
      job.witness = random64() % 2 ? witness : damaged(witness, 80);
      for (int i = 0; i < 32; i++) job.r[i] = job.s[i] = i < 31 ? (uint8_t)random64() : 0;
      engine->prove(job);
      if (job.verdict == Verdict::done) proved++;
    }
    printf("{\"rounds\":%d,\"loaded\":%d,\"proved\":%d}\n", rounds, loaded, proved);
    return 0;
  }
  return 2;
}
