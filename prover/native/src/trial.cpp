// A program around the prover without Node, for sanitizers and measurements:
//   trial prove KEY WITNESS [rounds]      r = 3, s = 5; prints the proof and milliseconds a round
//   trial damage KEY WITNESS SEED ROUNDS  changed and shortened copies of both files; none may do harm
//   trial kernels PROOFS SEED ROUNDS      random and damaged operands of the kernels; all cores must agree
#include <chrono>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dispatch.h"
#include "kernels.h"

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

static std::vector<uint8_t> randomBytes(size_t length) {
  std::vector<uint8_t> bytes(length);
  for (uint8_t &byte : bytes) byte = (uint8_t)random64();
  return bytes;
}

/** Elements of 32 bytes, below 2^253 and so canonical, but for a rare one. */
static std::vector<uint8_t> randomElements(size_t count, int rare) {
  std::vector<uint8_t> bytes = randomBytes(32 * count);
  for (size_t i = 0; i < count; i++) {
    if (rare == 0 || random64() % rare != 0) bytes[32 * i + 31] &= 0x1f;
  }
  return bytes;
}

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

/** `results[core]` must all be the same. */
template <class T> static void checkEqual(const std::vector<T> &results, const char *what) {
  for (const T &result : results) {
    if (result != results[0]) fail(what);
  }
}

static int tryHashes(Engine &engine, const std::vector<const Core *> &cores) {
  int accepted = 0;
  for (uint32_t arity = 1; arity <= MOST_HASH_INPUTS; arity++) {
    // Not Poseidon's, but all that the code needs to know of them.
    std::vector<uint8_t> constants = randomElements(poseidonConstantBytes(arity, 60) / 32, 0);
    for (const Core *core : cores) {
      if (!hasPoseidonConstants(core, arity) && !setPoseidonConstants(core, arity, 60, constants.data())) {
        fail("constants were refused");
      }
    }
    size_t count = random64() % 70;
    std::vector<uint8_t> state = randomElements(1, 50), inputs = randomElements(arity * count, 500);
    std::vector<std::vector<uint8_t>> results;
    for (const Core *core : cores) {
      std::vector<uint8_t> hashes(32 * count);
      bool isGood = hashMany(engine, core, arity, state.data(), inputs.data(), count, hashes.data());
      accepted += isGood;
      results.push_back(isGood ? hashes : std::vector<uint8_t>{});
    }
    checkEqual(results, "the cores hash differently");
  }
  return accepted;
}

static int tryPoints(Engine &engine, const std::vector<const Core *> &cores) {
  // The identity, Base8 (EIP-2494), what came of it before, and anything.
  static const uint8_t base[64] = {
      0x51, 0x70, 0x95, 0xbb, 0xf6, 0xf3, 0x93, 0x28, 0xb6, 0xe0, 0x34, 0x05, 0x01, 0xd8, 0xb8, 0x2a,
      0xc1, 0x77, 0x62, 0x9d, 0xe0, 0xb2, 0xac, 0x4e, 0x9b, 0x73, 0x3e, 0xd6, 0x6a, 0x7a, 0xb7, 0x0b,
      0x8b, 0x7d, 0x2d, 0x87, 0x7a, 0x25, 0x3c, 0x4b, 0x77, 0x33, 0xe1, 0xb9, 0x1f, 0x05, 0xe0, 0xfc,
      0xed, 0xf9, 0x6b, 0xd1, 0x1c, 0x2e, 0x57, 0x25, 0x49, 0xb2, 0xa0, 0xf7, 0x03, 0x72, 0x79, 0x25};
  static std::vector<uint8_t> known(base, base + 64);
  size_t count = random64() % 150;
  std::vector<uint8_t> points = randomElements(2 * count, 20), scalar = randomElements(1, 0);
  scalar[31] &= 3;
  for (size_t i = 0; i < count; i++) {
    uint64_t kind = random64() % 4;
    if (kind == 0) {
      memset(&points[64 * i], 0, 64);
      points[64 * i + 32] = 1;
    }
    if (kind >= 2) memcpy(&points[64 * i], &known[64 * (random64() % (known.size() / 64))], 64);
    if (kind == 3) points[64 * i + random64() % 64] ^= (uint8_t)random64();
  }
  std::vector<std::vector<uint8_t>> results;
  int valid = 0;
  for (const Core *core : cores) {
    std::vector<uint8_t> result(66 * count);
    multiplyMany(engine, core, scalar.data(), points.data(), count, result.data(), result.data() + 64 * count);
    findSubgroupPoints(engine, core, points.data(), count, result.data() + 65 * count);
    results.push_back(result);
  }
  checkEqual(results, "the cores multiply differently");
  for (size_t i = 0; i < count; i++) {
    if (!results[0][64 * count + i]) continue;
    valid++;
    if (known.size() < 64 * 100) known.insert(known.end(), &results[0][64 * i], &results[0][64 * i] + 64);
  }
  return valid;
}

/** PROOFS: a number of public signals in four bytes, a key, then proofs, each followed by its signals. */
struct SampleProofs {
  uint32_t publicSignals;
  std::vector<uint8_t> key;
  std::vector<std::vector<uint8_t>> proofs, signals;

  explicit SampleProofs(const std::vector<uint8_t> &file) {
    if (file.size() < 4) exit(2);
    memcpy(&publicSignals, file.data(), 4);
    size_t at = 4 + VerifyingKeyHandle::plainBytes(publicSignals), size = 256 + 32 * publicSignals;
    if (file.size() < at) exit(2);
    key.assign(file.begin() + 4, file.begin() + (ptrdiff_t)at);
    for (; at + size <= file.size(); at += size) {
      proofs.emplace_back(file.begin() + (ptrdiff_t)at, file.begin() + (ptrdiff_t)at + 256);
      signals.emplace_back(file.begin() + (ptrdiff_t)at + 256, file.begin() + (ptrdiff_t)(at + size));
    }
  }
};

static void damageOne(std::vector<uint8_t> &bytes) {
  size_t at = random64() % bytes.size();
  switch (random64() % 4) {
  case 0: bytes[at] ^= (uint8_t)(1u << random64() % 8); break;
  case 1: memset(&bytes[at & ~(size_t)31], 0xff, 32); break;
  case 2: memset(&bytes[at & ~(size_t)31], 0, 32); break;
  default: memset(bytes.data(), 0, bytes.size());
  }
}

/** Counts folds that held, and items that were well formed but not in such a fold. */
static void tryFold(Engine &engine, const std::vector<const Core *> &cores, const SampleProofs &sample, int *held,
                    int *refused) {
  std::vector<uint8_t> keyBytes = sample.key;
  if (random64() % 4 == 0) damageOne(keyBytes);
  bool isDamaged = keyBytes != sample.key;
  std::vector<uint8_t> proofs, signals, weights;
  size_t count = random64() % 10;
  weights = randomBytes(16 * count);
  if (count > 0 && random64() % 8 == 0) memset(weights.data(), 0, 16);
  for (size_t i = 0; i < count; i++) {
    size_t which = random64() % sample.proofs.size();
    std::vector<uint8_t> proof = sample.proofs[which], itsSignals = sample.signals[which];
    if (random64() % 16 == 0) damageOne(proof);
    if (random64() % 64 == 0 && !itsSignals.empty()) damageOne(itsSignals);
    proofs.insert(proofs.end(), proof.begin(), proof.end());
    signals.insert(signals.end(), itsSignals.begin(), itsSignals.end());
  }
  std::vector<std::vector<uint8_t>> results;
  for (const Core *core : cores) {
    std::shared_ptr<VerifyingKeyHandle> key = VerifyingKeyHandle::prepare(core, sample.publicSignals, keyBytes.data());
    if (!key) {
      results.push_back({});
      continue;
    }
    Fold fold;
    fold.core = core;
    fold.keys = {key};
    fold.keyOf.assign(count, 0);
    fold.proofs = proofs;
    fold.weights = weights;
    fold.signals = signals;
    fold.isChecked = false;
    verifyFold(engine, fold);
    std::vector<uint8_t> result = fold.isGood;
    result.push_back(fold.isTrue);
    results.push_back(result);
  }
  checkEqual(results, "the cores verify differently");
  if (results[0].empty()) {
    if (!isDamaged) fail("a key was refused");
    return;
  }
  if (results[0].back()) ++*held;
  else ++*refused;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  if (strcmp(argv[1], "kernels") == 0 && argc >= 5) {
    const char *threads = getenv("CINNABAR_PROVER_THREADS");
    std::vector<const Core *> cores = usableCores();
    Engine *kernels = new Engine(cores[0], threads ? (uint32_t)atoi(threads) : std::thread::hardware_concurrency());
    SampleProofs sample(readFile(argv[2]));
    state = strtoull(argv[3], nullptr, 10);
    int hashed = 0, valid = 0, held = 0, refused = 0;
    for (int round = atoi(argv[4]); round > 0; round--) {
      hashed += tryHashes(*kernels, cores);
      valid += tryPoints(*kernels, cores);
      tryFold(*kernels, cores, sample, &held, &refused);
    }
    printf("{\"hashed\":%d,\"valid\":%d,\"held\":%d,\"refused\":%d}\n", hashed, valid, held, refused);
    return 0;
  }
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
