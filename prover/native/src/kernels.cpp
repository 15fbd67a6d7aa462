#include "kernels.h"

#include <map>
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
  if (!table || !core->fillPoseidonTable(arity + 1, partialRounds, constants, table)) {
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

} // namespace cinnabar
