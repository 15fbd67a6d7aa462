#include "kernels.h"

#include <map>
#include <new>
#include <stdlib.h>

#include "dispatch.h"

namespace cinnabar {

namespace {

/** A few hundred microseconds each, and a multiple of what vector code takes at once. */
const size_t HASHES_A_TASK = 32;
const size_t POINTS_A_TASK = 64;

/** Tables by core and arity. Read without a lock: a single hash must cost little more than itself. */
struct Tables {
  std::atomic<const void *> of[MOST_HASH_INPUTS + 1];
};

std::mutex tablesMutex;

Tables &tablesOf(const Core *core) {
  // Never destroyed, as the engine.
  static std::map<const Core *, Tables> *all = [] {
    auto *made = new std::map<const Core *, Tables>();
    for (const Core *each : usableCores()) (*made)[each];
    return made;
  }();
  return all->at(core);
}

void inTasks(Engine &engine, size_t count, size_t size, const std::function<void(size_t, size_t)> &work) {
  engine.pool.run((count + size - 1) / size, [&](size_t task, uint32_t) {
    size_t from = task * size;
    work(from, count - from < size ? count - from : size);
  });
}

} // namespace

size_t poseidonConstantBytes(uint32_t arity, uint32_t partialRounds) {
  size_t width = arity + 1;
  return 32 * (8 * width + partialRounds + 2 * width * width + partialRounds * (2 * width - 1));
}

bool setPoseidonConstants(const Core *core, uint32_t arity, uint32_t partialRounds, const uint8_t *constants) {
  std::lock_guard<std::mutex> lock(tablesMutex);
  std::atomic<const void *> &place = tablesOf(core).of[arity];
  if (place.load()) return true;
  size_t bytes = (core->poseidonTableBytes(arity + 1, partialRounds) + 63) & ~(size_t)63;
  void *table = aligned_alloc(64, bytes);
  if (!table) throw std::bad_alloc();
  if (!core->fillPoseidonTable(arity + 1, partialRounds, constants, table)) {
    free(table);
    return false;
  }
  place.store(table, std::memory_order_release);
  return true;
}

bool hasPoseidonConstants(const Core *core, uint32_t arity) {
  return tablesOf(core).of[arity].load(std::memory_order_acquire) != nullptr;
}

bool hashHere(const Core *core, uint32_t arity, const uint8_t *state, const uint8_t *inputs, size_t count,
              uint8_t *hashes) {
  const void *table = tablesOf(core).of[arity].load(std::memory_order_acquire);
  return table && core->hashMany(table, state, inputs, count, hashes);
}

bool hashMany(Engine &engine, const Core *core, uint32_t arity, const uint8_t *state, const uint8_t *inputs,
              size_t count, uint8_t *hashes) {
  std::atomic<bool> isGood{hashHere(core, arity, state, inputs, 0, hashes)};
  inTasks(engine, count, HASHES_A_TASK, [&](size_t from, size_t here) {
    if (!hashHere(core, arity, state, inputs + from * arity * 32, here, hashes + from * 32)) isGood = false;
  });
  return isGood;
}

void multiplyMany(Engine &engine, const Core *core, const uint8_t *scalar, const uint8_t *points, size_t count,
                  uint8_t *products, uint8_t *isValid) {
  inTasks(engine, count, POINTS_A_TASK, [&](size_t from, size_t here) {
    core->multiplyPoints(scalar, points + 64 * from, here, products + 64 * from, isValid + from);
  });
}

void findSubgroupPoints(Engine &engine, const Core *core, const uint8_t *points, size_t count, uint8_t *isMember) {
  inTasks(engine, count, POINTS_A_TASK, [&](size_t from, size_t here) {
    core->findSubgroupPoints(points + 64 * from, here, isMember + from);
  });
}

std::shared_ptr<VerifyingKeyHandle> VerifyingKeyHandle::prepare(const Core *core, uint32_t publicSignals,
                                                                const uint8_t *plain) {
  std::shared_ptr<VerifyingKeyHandle> made = std::make_shared<VerifyingKeyHandle>();
  made->core = core;
  made->publicSignals = publicSignals;
  made->memory = aligned_alloc(64, (core->verifyingKeyBytes(publicSignals) + 63) & ~(size_t)63);
  // Not null, which says that the key is a bad one.
  if (!made->memory) throw std::bad_alloc();
  if (!core->fillVerifyingKey(publicSignals, plain, made->memory)) return nullptr;
  return made;
}

VerifyingKeyHandle::~VerifyingKeyHandle() { free(memory); }

namespace {

struct Part {
  alignas(64) uint8_t bytes[FOLD_PART_BYTES];
};

} // namespace

void verifyFold(Engine &engine, Fold &fold) {
  const Core *core = fold.core;
  const size_t items = fold.keyOf.size();
  std::vector<const uint8_t *> signals(items);
  const uint8_t *at = fold.signals.data();
  for (size_t i = 0; i < items; i++) {
    signals[i] = at;
    at += 32 * (size_t)fold.keys[fold.keyOf[i]]->publicSignals;
  }
  fold.isGood.assign(items, 1);
  engine.pool.run(fold.isChecked ? 0 : items, [&](size_t i, uint32_t) {
    core->checkProofs(fold.proofs.data() + 256 * i, 1, &fold.isGood[i]);
  });

  // Groups of good items under the same key, as even as there are threads.
  struct Group {
    uint32_t key;
    std::vector<const uint8_t *> proofs, weights;
  };
  std::vector<Group> groups;
  std::vector<std::vector<uint8_t>> sums(fold.keys.size());
  std::vector<uint32_t> usedKeys;
  for (uint32_t key = 0; key < fold.keys.size(); key++) {
    const uint32_t publicSignals = fold.keys[key]->publicSignals;
    std::vector<const uint8_t *> proofs, weights, itsSignals;
    for (size_t i = 0; i < items; i++) {
      if (fold.keyOf[i] != key) continue;
      if (!core->checkScalars(signals[i], publicSignals)) fold.isGood[i] = 0;
      if (!fold.isGood[i]) continue;
      proofs.push_back(fold.proofs.data() + 256 * i);
      weights.push_back(fold.weights.data() + 16 * i);
      itsSignals.push_back(signals[i]);
    }
    if (proofs.empty()) continue;
    usedKeys.push_back(key);
    sums[key].resize(32 * ((size_t)publicSignals + 1));
    core->sumSignals(weights.data(), itsSignals.data(), proofs.size(), publicSignals, sums[key].data());
    size_t even = (proofs.size() + engine.pool.size() - 1) / engine.pool.size();
    size_t size = even < FOLD_GROUP_SIZE ? even : FOLD_GROUP_SIZE;
    for (size_t from = 0; from < proofs.size(); from += size) {
      size_t to = from + size < proofs.size() ? from + size : proofs.size();
      groups.push_back({key,
                        {proofs.begin() + (ptrdiff_t)from, proofs.begin() + (ptrdiff_t)to},
                        {weights.begin() + (ptrdiff_t)from, weights.begin() + (ptrdiff_t)to}});
    }
  }
  fold.isTrue = true;
  if (usedKeys.empty()) return;

  std::vector<Part> parts(usedKeys.size() + groups.size());
  engine.pool.run(parts.size(), [&](size_t task, uint32_t) {
    if (task < usedKeys.size()) {
      const uint32_t key = usedKeys[task];
      core->foldSignals(fold.keys[key]->memory, sums[key].data(), parts[task].bytes);
    } else {
      const Group &group = groups[task - usedKeys.size()];
      core->foldGroup(group.proofs.data(), group.weights.data(), group.proofs.size(), parts[task].bytes);
    }
  });
  engine.pool.run(usedKeys.size(), [&](size_t index, uint32_t) {
    for (size_t g = 0; g < groups.size(); g++) {
      if (groups[g].key == usedKeys[index]) core->joinParts(parts[index].bytes, parts[usedKeys.size() + g].bytes);
    }
    core->foldDelta(fold.keys[usedKeys[index]]->memory, parts[index].bytes);
  });
  for (size_t index = 1; index < usedKeys.size(); index++) core->joinParts(parts[0].bytes, parts[index].bytes);
  fold.isTrue = core->isFoldTrue(parts[0].bytes);
}

} // namespace cinnabar
