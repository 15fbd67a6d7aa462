#include "files.h"

#include <atomic>
#include <string.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cinnabar {

namespace {

const uint8_t BASE_ORDER[32] = {0x47, 0xfd, 0x7c, 0xd8, 0x16, 0x8c, 0x20, 0x3c, 0x8d, 0xca, 0x71,
                                0x68, 0x91, 0x6a, 0x81, 0x97, 0x5d, 0x58, 0x81, 0x81, 0xb6, 0x45,
                                0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30};
const uint8_t SCALAR_ORDER[32] = {0x01, 0x00, 0x00, 0xf0, 0x93, 0xf5, 0xe1, 0x43, 0x91, 0x70, 0xb9,
                                  0x79, 0x48, 0xe8, 0x33, 0x28, 0x5d, 0x58, 0x81, 0x81, 0xb6, 0x45,
                                  0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30};

const uint32_t MAX_POWER = 27;
const uint32_t PROTOCOL_GROTH16 = 1;
const size_t G1_BYTES = 64, G2_BYTES = 128, SCALAR_BYTES = 32, COEFFICIENT_BYTES = 44;
const size_t POINTS_A_TASK = 4096, COEFFICIENTS_A_TASK = 1 << 16;

uint32_t word(const uint8_t *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

struct Section {
  const uint8_t *bytes = nullptr;
  uint64_t length = 0;
};

bool fail(std::string *reason, const char *text) {
  *reason = text;
  return false;
}

/** Sections by number, each at most once; of numbers not asked for only the length is looked at. */
bool readSections(const uint8_t *bytes, size_t length, const char *kind, Section *sections, uint32_t count,
                  std::string *reason) {
  if (length < 12 || memcmp(bytes, kind, 4) != 0) return fail(reason, "it is no file of its kind");
  uint32_t version = word(bytes + 4), total = word(bytes + 8);
  if (version < 1 || version > 2) return fail(reason, "its version is unknown");
  size_t at = 12;
  for (uint32_t i = 0; i < total; i++) {
    if (length - at < 12) return fail(reason, "it ends early");
    uint32_t number = word(bytes + at);
    uint64_t size = word(bytes + at + 4) | (uint64_t)word(bytes + at + 8) << 32;
    at += 12;
    if (size > length - at) return fail(reason, "it ends early");
    if (number >= 1 && number <= count) {
      Section &section = sections[number - 1];
      if (section.bytes) return fail(reason, "a section occurs twice");
      section.bytes = bytes + at;
      section.length = size;
    }
    at += size;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (!sections[i].bytes) return fail(reason, "a section is missing");
  }
  return true;
}

} // namespace

bool LoadedKey::parse(const uint8_t *bytes, size_t length, const Core *core, const ParallelFor &parallel,
                      std::string *reason) {
  Section sections[9];
  if (!readSections(bytes, length, "zkey", sections, 9, reason)) return false;
  if (sections[0].length != 4 || word(sections[0].bytes) != PROTOCOL_GROTH16) {
    return fail(reason, "it is not for Groth16");
  }
  const uint8_t *header = sections[1].bytes;
  if (sections[1].length != 84 + 3 * G1_BYTES + 3 * G2_BYTES) return fail(reason, "its header has a wrong length");
  if (word(header) != 32 || memcmp(header + 4, BASE_ORDER, 32) != 0 || word(header + 36) != 32 ||
      memcmp(header + 40, SCALAR_ORDER, 32) != 0) {
    return fail(reason, "it is for another curve");
  }
  key.wires = word(header + 72);
  key.publicWires = word(header + 76);
  key.domain = word(header + 80);
  key.power = 0;
  while (key.power <= MAX_POWER && ((uint32_t)1 << key.power) < key.domain) key.power++;
  if (key.domain == 0 || key.power > MAX_POWER || ((uint32_t)1 << key.power) != key.domain) {
    return fail(reason, "its domain is not a supported power of two");
  }
  if (key.wires == 0 || key.publicWires >= key.wires || key.wires >= (uint32_t)1 << 29) {
    return fail(reason, "its numbers of wires are impossible");
  }
  uint64_t wires = key.wires, privateWires = key.wires - key.publicWires - 1;
  if (sections[2].length != (key.publicWires + (uint64_t)1) * G1_BYTES || sections[4].length != wires * G1_BYTES ||
      sections[5].length != wires * G1_BYTES || sections[6].length != wires * G2_BYTES ||
      sections[7].length != privateWires * G1_BYTES || sections[8].length != (uint64_t)key.domain * G1_BYTES) {
    return fail(reason, "a section of points has a wrong length");
  }
  const Section &table = sections[3];
  if (table.length < 4 || (table.length - 4) % COEFFICIENT_BYTES != 0 ||
      (table.length - 4) / COEFFICIENT_BYTES != word(table.bytes)) {
    return fail(reason, "its coefficients have a wrong length");
  }
  key.coefficients = word(table.bytes);
  key.coefficient = table.bytes + 4;

  key.alpha1 = header + 84;
  key.beta1 = key.alpha1 + G1_BYTES;
  key.beta2 = key.beta1 + G1_BYTES;
  const uint8_t *gamma2 = key.beta2 + G2_BYTES;
  key.delta1 = gamma2 + G2_BYTES;
  key.delta2 = key.delta1 + G1_BYTES;
  if (!core->checkPoints(GROUP_1, key.alpha1, 0, 2, nullptr) || !core->checkPoints(GROUP_2, key.beta2, 0, 2, nullptr) ||
      !core->checkPoints(GROUP_1, key.delta1, 0, 1, nullptr) || !core->checkPoints(GROUP_2, key.delta2, 0, 1, nullptr)) {
    return fail(reason, "a point of its header is not on its curve");
  }

  struct List {
    Group group;
    size_t section;
    uint64_t count;
  };
  const List lists[5] = {{GROUP_1, 4, wires},
                         {GROUP_1, 5, wires},
                         {GROUP_2, 6, wires},
                         {GROUP_1, 7, privateWires},
                         {GROUP_1, 8, key.domain}};
  const uint8_t **points[5] = {&key.a, &key.b1, &key.b2, &key.c, &key.h};
  const uint8_t **marks[5] = {&key.aInfinite, &key.b1Infinite, &key.b2Infinite, &key.cInfinite, &key.hInfinite};
  std::atomic<bool> isBad{false};
  for (int i = 0; i < 5; i++) {
    const List &list = lists[i];
    // Never empty, so that there is always a pointer.
    infinite[i].assign(list.count + 1, 0);
    *points[i] = sections[list.section].bytes;
    *marks[i] = infinite[i].data();
    uint8_t *mark = infinite[i].data();
    const uint8_t *from = *points[i];
    parallel((list.count + POINTS_A_TASK - 1) / POINTS_A_TASK, [&](size_t task) {
      size_t start = task * POINTS_A_TASK, end = start + POINTS_A_TASK;
      if (end > list.count) end = list.count;
      if (!isBad && !core->checkPoints(list.group, from, start, end, mark)) isBad = true;
    });
    if (isBad) return fail(reason, "a point is not on its curve");
  }

  // Coefficients by matrix and row, whatever their order in the file.
  for (int matrix = 0; matrix < 2; matrix++) rowStarts[matrix].assign((size_t)key.domain + 1, 0);
  for (uint32_t i = 0; i < key.coefficients; i++) {
    const uint8_t *coefficient = key.coefficient + (size_t)i * COEFFICIENT_BYTES;
    uint32_t matrix = word(coefficient), row = word(coefficient + 4), wire = word(coefficient + 8);
    if (matrix > 1 || row >= key.domain || wire >= key.wires) return fail(reason, "a coefficient is out of range");
    rowStarts[matrix][row + 1]++;
  }
  parallel((key.coefficients + COEFFICIENTS_A_TASK - 1) / COEFFICIENTS_A_TASK, [&](size_t task) {
    size_t start = task * COEFFICIENTS_A_TASK, end = start + COEFFICIENTS_A_TASK;
    if (end > key.coefficients) end = key.coefficients;
    for (size_t i = start; i < end && !isBad; i++) {
      if (!core->checkScalars(key.coefficient + i * COEFFICIENT_BYTES + 12, 1)) isBad = true;
    }
  });
  if (isBad) return fail(reason, "a coefficient is not canonical");
  uint32_t at = 0;
  for (int matrix = 0; matrix < 2; matrix++) {
    rowStarts[matrix][0] = at;
    for (uint32_t row = 0; row < key.domain; row++) {
      at += rowStarts[matrix][row + 1];
      rowStarts[matrix][row + 1] = at;
    }
  }
  order.resize((size_t)key.coefficients + 1);
  std::vector<uint32_t> next[2] = {rowStarts[0], rowStarts[1]};
  for (uint32_t i = 0; i < key.coefficients; i++) {
    const uint8_t *coefficient = key.coefficient + (size_t)i * COEFFICIENT_BYTES;
    order[next[word(coefficient)][word(coefficient + 4)]++] = i;
  }
  key.rowStart[0] = rowStarts[0].data();
  key.rowStart[1] = rowStarts[1].data();
  key.order = order.data();

  twiddles.resize((size_t)key.domain * 8);
  core->fillTwiddles(key.power, twiddles.data(), twiddles.data() + (size_t)key.domain * 4);
  key.inverseTwiddles = twiddles.data();
  key.cosetTwiddles = twiddles.data() + (size_t)key.domain * 4;
  return true;
}

std::shared_ptr<LoadedKey> LoadedKey::read(const uint8_t *bytes, size_t length, const Core *core,
                                           const ParallelFor &parallel, std::string *reason) {
  std::shared_ptr<LoadedKey> loaded(new LoadedKey());
  if (!loaded->parse(bytes, length, core, parallel, reason)) return nullptr;
  return loaded;
}

std::shared_ptr<LoadedKey> LoadedKey::open(const std::string &path, const Core *core, const ParallelFor &parallel,
                                           std::string *reason) {
  std::shared_ptr<LoadedKey> loaded(new LoadedKey());
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    *reason = "it cannot be opened";
    return nullptr;
  }
  struct stat status;
  void *mapped = MAP_FAILED;
  size_t length = 0;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    length = (size_t)status.st_size;
    mapped = mmap(nullptr, length, PROT_READ, MAP_SHARED, file, 0);
  }
  ::close(file);
  if (mapped == MAP_FAILED) {
    *reason = "it cannot be mapped";
    return nullptr;
  }
  loaded->mapped = mapped;
  loaded->mappedLength = length;
  if (!loaded->parse((const uint8_t *)mapped, length, core, parallel, reason)) return nullptr;
  return loaded;
}

LoadedKey::~LoadedKey() {
  if (mapped) munmap(mapped, mappedLength);
}

const uint8_t *readWitness(const uint8_t *bytes, size_t length, uint32_t wires, const Core *core,
                           std::string *reason) {
  Section sections[2];
  if (!readSections(bytes, length, "wtns", sections, 2, reason)) return nullptr;
  const uint8_t *header = sections[0].bytes;
  if (sections[0].length != 40 || word(header) != 32 || memcmp(header + 4, SCALAR_ORDER, 32) != 0) {
    *reason = "it is for another field";
    return nullptr;
  }
  if (word(header + 36) != wires || sections[1].length != (uint64_t)wires * SCALAR_BYTES) {
    *reason = "its length is not the circuit's";
    return nullptr;
  }
  if (!core->checkScalars(sections[1].bytes, wires)) {
    *reason = "an element is not canonical";
    return nullptr;
  }
  return sections[1].bytes;
}

bool isScalar(const uint8_t *bytes, const Core *core) { return core->checkScalars(bytes, 1); }

} // namespace cinnabar
