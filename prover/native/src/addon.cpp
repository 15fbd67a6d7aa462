// The prover as a Node-API module, C interface only. Work happens on the engine's threads; one thread-safe function
// an environment carries phases and results back to the thread of JavaScript. No exception leaves this file: what the standard
// library throws here is want of memory, or of threads, and becomes an answer.
#include <new>
#include <set>
#include <string.h>

#include <node_api.h>

#include "dispatch.h"
#include "kernels.h"

using namespace cinnabar;

namespace {

const char *const NO_MEMORY = "there is not enough memory";

void throwText(napi_env env, const char *code, const char *text) { napi_throw_error(env, code, text); }

bool bytesOf(napi_env env, napi_value value, const uint8_t **bytes, size_t *length) {
  bool isTyped = false;
  napi_typedarray_type type;
  void *data = nullptr;
  if (napi_is_typedarray(env, value, &isTyped) != napi_ok || !isTyped) return false;
  if (napi_get_typedarray_info(env, value, &type, length, &data, nullptr, nullptr) != napi_ok) return false;
  if (type != napi_uint8_array) return false;
  *bytes = (const uint8_t *)data;
  return true;
}

struct Call;

struct Event {
  Call *call;
  bool isLast;
  Phase phase;
};

/**
 * A thread of JavaScript that loaded this module. It may end while its jobs run; Node then frees the thread-safe
 * function, so nobody may touch that once `isOpen` is false.
 */
struct Environment {
  napi_threadsafe_function back = nullptr;
  /** Calls without an answer. Only on JavaScript's thread. */
  uint32_t pending = 0;

  std::mutex mutex;
  bool isOpen = true;
  std::set<Call *> calls;
};

/** Belongs to the engine's thread until its last event is sent, then to JavaScript's. */
struct Call {
  std::shared_ptr<Environment> environment;
  napi_deferred deferred = nullptr;
  napi_ref onPhase = nullptr;
  std::shared_ptr<ProofJob> job;
  // Of an opening:
  std::string path, reason;
  std::shared_ptr<LoadedKey> opened;
  // Of a kernel: what it reads and what it answers. `reason` says what is wrong with its operands.
  bool isKernel = false;
  std::vector<uint8_t> input, secret, output;
  /** Memory or threads were wanting, whatever it is. */
  bool isStarved = false;
  /** Made beforehand: an answer needs no memory. */
  std::unique_ptr<Event> last{new Event()};

  ~Call() {
    wipe(secret.data(), secret.size());
    if (!environment) return;
    std::lock_guard<std::mutex> lock(environment->mutex);
    environment->calls.erase(this);
  }
};

void send(Call *call, bool isLast, Phase phase) {
  std::shared_ptr<Environment> environment = call->environment;
  Event *event = isLast ? call->last.release() : new (std::nothrow) Event();
  // A phase without memory is not told; the answer is.
  if (!event) return;
  *event = Event{call, isLast, phase};
  {
    std::lock_guard<std::mutex> lock(environment->mutex);
    if (environment->isOpen &&
        napi_call_threadsafe_function(environment->back, event, napi_tsfn_nonblocking) == napi_ok) {
      return;
    }
  }
  // Nobody is left to hear of it.
  delete event;
  if (isLast) delete call;
}

/** Runs before Node frees the thread-safe function, which was made earlier than this hook. */
void close(void *data) {
  Environment *environment = (Environment *)data;
  std::lock_guard<std::mutex> lock(environment->mutex);
  environment->isOpen = false;
  for (Call *call : environment->calls) {
    if (call->job) call->job->isCancelled = true;
  }
}

std::shared_ptr<Environment> environmentOf(napi_env env) {
  void *data = nullptr;
  if (napi_get_instance_data(env, &data) != napi_ok || !data) return nullptr;
  return *(std::shared_ptr<Environment> *)data;
}

const napi_type_tag KEY_TAG = {0x6b1d1e0c5a0f4d11u, 0x9c7b6f0a2f3e4d5cu};
const napi_type_tag JOB_TAG = {0x2f0e8b7d64c3491au, 0xb1a5d3c2e4f60718u};

template <class T> void dropShared(napi_env, void *data, void *) { delete (std::shared_ptr<T> *)data; }

template <class T>
napi_value wrapShared(napi_env env, const std::shared_ptr<T> &shared, const napi_type_tag *tag) {
  napi_value value;
  std::shared_ptr<T> *held = new std::shared_ptr<T>(shared);
  if (napi_create_external(env, held, dropShared<T>, nullptr, &value) != napi_ok) {
    delete held;
    return nullptr;
  }
  napi_type_tag_object(env, value, tag);
  return value;
}

template <class T>
std::shared_ptr<T> sharedOf(napi_env env, napi_value value, const napi_type_tag *tag) {
  napi_valuetype type;
  bool isOurs = false;
  void *data = nullptr;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external) return nullptr;
  if (napi_check_object_type_tag(env, value, tag, &isOurs) != napi_ok || !isOurs) return nullptr;
  if (napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  return *(std::shared_ptr<T> *)data;
}

napi_value errorValue(napi_env env, const char *code, const char *text) {
  napi_value codeValue, message, error;
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &codeValue);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, codeValue, message, &error);
  return error;
}

/** Null without memory. */
napi_value bytesValue(napi_env env, const uint8_t *bytes, size_t length) {
  void *data = nullptr;
  napi_value buffer, array;
  if (napi_create_arraybuffer(env, length, &data, &buffer) != napi_ok || (length > 0 && !data)) return nullptr;
  if (length > 0) memcpy(data, bytes, length);
  napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array);
  return array;
}

void settleStarved(napi_env env, Call *call) {
  napi_reject_deferred(env, call->deferred, errorValue(env, "MEMORY", NO_MEMORY));
}

void settleBytes(napi_env env, Call *call, const uint8_t *bytes, size_t length) {
  napi_value value = bytesValue(env, bytes, length);
  if (value) napi_resolve_deferred(env, call->deferred, value);
  else settleStarved(env, call);
}

void settleOpening(napi_env env, Call *call) {
  if (!call->opened) {
    napi_reject_deferred(env, call->deferred, errorValue(env, "KEY", call->reason.c_str()));
    return;
  }
  napi_value result, handle, number;
  const ProvingKey &key = call->opened->key;
  napi_create_object(env, &result);
  handle = wrapShared(env, call->opened, &KEY_TAG);
  if (handle) napi_set_named_property(env, result, "handle", handle);
  napi_create_uint32(env, key.wires, &number);
  napi_set_named_property(env, result, "wires", number);
  napi_create_uint32(env, key.publicWires, &number);
  napi_set_named_property(env, result, "publicWires", number);
  napi_create_uint32(env, key.domain, &number);
  napi_set_named_property(env, result, "domain", number);
  napi_resolve_deferred(env, call->deferred, result);
}

void settleProof(napi_env env, Call *call) {
  switch (call->job->verdict) {
  case Verdict::done:
    settleBytes(env, call, call->job->proof, sizeof(call->job->proof));
    return;
  case Verdict::cancelled:
    napi_reject_deferred(env, call->deferred, errorValue(env, "CANCELLED", "cancelled"));
    return;
  case Verdict::noMemory:
    settleStarved(env, call);
    return;
  case Verdict::badKey:
    napi_reject_deferred(env, call->deferred, errorValue(env, "KEY", "its file was changed while it was in use"));
    return;
  case Verdict::badWitness:
    napi_reject_deferred(env, call->deferred, errorValue(env, "WITNESS", call->job->reason.c_str()));
    return;
  }
}

void settleKernel(napi_env env, Call *call) {
  if (call->reason.empty()) {
    settleBytes(env, call, call->output.data(), call->output.size());
  } else {
    napi_reject_deferred(env, call->deferred, errorValue(env, "OPERAND", call->reason.c_str()));
  }
}

void answer(napi_env env, Call *call) {
  try {
    if (call->isStarved) settleStarved(env, call);
    else if (call->job) settleProof(env, call);
    else if (call->isKernel) settleKernel(env, call);
    else settleOpening(env, call);
  } catch (const std::exception &) {
    // A handle is made for what was opened.
    settleStarved(env, call);
  }
  if (call->onPhase) napi_delete_reference(env, call->onPhase);
  // Without calls the module does not keep the process alive.
  if (--call->environment->pending == 0) napi_unref_threadsafe_function(env, call->environment->back);
}

/** On JavaScript's thread. `env` is null while the environment goes down. */
void receive(napi_env env, napi_value, void *, void *data) {
  Event *event = (Event *)data;
  Call *call = event->call;
  if (env) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    if (event->isLast) {
      answer(env, call);
    } else {
      napi_value undefined, phase, onPhase;
      napi_get_undefined(env, &undefined);
      napi_create_uint32(env, (uint32_t)event->phase, &phase);
      napi_get_reference_value(env, call->onPhase, &onPhase);
      // What it throws becomes the process's uncaught exception, as with any callback.
      if (onPhase) napi_call_function(env, undefined, onPhase, 1, &phase, nullptr);
    }
    napi_close_handle_scope(env, scope);
  }
  if (event->isLast) delete call;
  delete event;
}

bool prepareCall(napi_env env, Call *call, napi_value onPhase, napi_value *promise) {
  call->environment = environmentOf(env);
  if (!call->environment) return false;
  {
    std::lock_guard<std::mutex> lock(call->environment->mutex);
    call->environment->calls.insert(call);
  }
  if (napi_create_promise(env, &call->deferred, promise) != napi_ok) return false;
  if (onPhase && napi_create_reference(env, onPhase, 1, &call->onPhase) != napi_ok) return false;
  if (call->environment->pending++ == 0) napi_ref_threadsafe_function(env, call->environment->back);
  return true;
}

/** Makes a promise for `call` and posts `work`, which leaves in it what is answered. */
napi_value begin(napi_env env, Engine &engine, std::unique_ptr<Call> call, napi_value onPhase,
                 std::function<void(Call &)> work) {
  napi_value promise;
  Call *raw = call.get();
  if (!prepareCall(env, raw, onPhase, &promise)) {
    throwText(env, "ARGUMENT", "no promise could be made");
    return nullptr;
  }
  try {
    engine.post([raw, work] {
      try {
        work(*raw);
      } catch (const std::exception &) {
        raw->isStarved = true;
      }
      send(raw, true, PHASE_EVALUATE);
    });
  } catch (const std::exception &) {
    raw->isStarved = true;
    answer(env, raw);
    return promise;
  }
  call.release();
  return promise;
}

/** open(path): Promise<{ handle, wires, publicWires, domain }> */
napi_value openKey(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_string_utf8(env, argument, nullptr, 0, &length) != napi_ok) {
    throwText(env, "ARGUMENT", "open takes a path");
    return nullptr;
  }
  std::unique_ptr<Call> call(new Call());
  call->path.resize(length + 1);
  napi_get_value_string_utf8(env, argument, &call->path[0], length + 1, &length);
  call->path.resize(length);
  return begin(env, Engine::instance(), std::move(call), nullptr, [](Call &made) {
    made.opened = Engine::instance().open(made.path, &made.reason);
  });
}

/** prove(handle, witness, r, s, onPhase?): { promise, job } */
napi_value prove(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value arguments[5];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const uint8_t *witness, *r, *s;
  size_t witnessLength, rLength, sLength;
  std::shared_ptr<LoadedKey> key = count < 4 ? nullptr : sharedOf<LoadedKey>(env, arguments[0], &KEY_TAG);
  if (!key || !bytesOf(env, arguments[1], &witness, &witnessLength) || !bytesOf(env, arguments[2], &r, &rLength) ||
      !bytesOf(env, arguments[3], &s, &sLength) || rLength != 32 || sLength != 32 ||
      !isScalar(r, Engine::instance().core) || !isScalar(s, Engine::instance().core)) {
    throwText(env, "ARGUMENT", "prove takes a key, a witness and two scalars");
    return nullptr;
  }
  napi_value onPhase = nullptr, promise, result, handle;
  napi_valuetype type = napi_undefined;
  if (count == 5) napi_typeof(env, arguments[4], &type);
  if (type == napi_function) onPhase = arguments[4];

  std::unique_ptr<Call> call(new Call());
  call->job = std::make_shared<ProofJob>();
  ProofJob &job = *call->job;
  job.key = key;
  // A copy: JavaScript may change or transfer its own meanwhile.
  job.witness.assign(witness, witness + witnessLength);
  memcpy(job.r, r, 32);
  memcpy(job.s, s, 32);
  Call *raw = call.get();
  if (onPhase) job.onPhase = [raw](Phase phase) { send(raw, false, phase); };
  handle = wrapShared(env, call->job, &JOB_TAG);
  promise = begin(env, Engine::instance(), std::move(call), onPhase,
                  [](Call &made) { Engine::instance().prove(*made.job); });
  if (!promise) return nullptr;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "promise", promise);
  if (handle) napi_set_named_property(env, result, "job", handle);
  return result;
}

/** cancel(job) */
napi_value cancel(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  std::shared_ptr<ProofJob> job = count < 1 ? nullptr : sharedOf<ProofJob>(env, argument, &JOB_TAG);
  if (job) job->isCancelled = true;
  return nullptr;
}

const std::vector<const Core *> &allCores() {
  static const std::vector<const Core *> *cores = new std::vector<const Core *>(usableCores());
  return *cores;
}

/** Cores go by their place in `cores`. */
const Core *coreOf(napi_env env, napi_value value) {
  uint32_t index = 0;
  if (napi_get_value_uint32(env, value, &index) != napi_ok || index >= allCores().size()) return nullptr;
  return allCores()[index];
}

bool arityOf(napi_env env, napi_value value, uint32_t *arity) {
  return napi_get_value_uint32(env, value, arity) == napi_ok && *arity >= 1 && *arity <= MOST_HASH_INPUTS;
}

/** setPoseidon(core, arity, partialRounds, constants) */
napi_value setPoseidon(napi_env env, napi_callback_info info) {
  size_t count = 4, length = 0;
  napi_value arguments[4];
  uint32_t arity = 0, partialRounds = 0;
  const uint8_t *constants = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const Core *core = count < 4 ? nullptr : coreOf(env, arguments[0]);
  if (!core || !arityOf(env, arguments[1], &arity) ||
      napi_get_value_uint32(env, arguments[2], &partialRounds) != napi_ok || partialRounds > MOST_PARTIAL_ROUNDS ||
      !bytesOf(env, arguments[3], &constants, &length) || length != poseidonConstantBytes(arity, partialRounds) ||
      !setPoseidonConstants(core, arity, partialRounds, constants)) {
    throwText(env, "ARGUMENT", "setPoseidon takes a core, an arity, a number of rounds and their constants");
  }
  return nullptr;
}

struct HashArguments {
  const Core *core;
  uint32_t arity;
  const uint8_t *state, *inputs;
  size_t hashes;
};

bool hashArgumentsOf(napi_env env, const napi_value *arguments, HashArguments *found) {
  size_t stateLength = 0, inputsLength = 0;
  found->core = coreOf(env, arguments[0]);
  if (!found->core || !arityOf(env, arguments[1], &found->arity) ||
      !bytesOf(env, arguments[2], &found->state, &stateLength) || stateLength != 32 ||
      !bytesOf(env, arguments[3], &found->inputs, &inputsLength) || inputsLength % (32 * found->arity) != 0) {
    return false;
  }
  found->hashes = inputsLength / (32 * found->arity);
  return hasPoseidonConstants(found->core, found->arity);
}

/** hash(core, arity, state, inputs, hashes): whether all numbers are canonical. */
napi_value hash(napi_env env, napi_callback_info info) {
  size_t count = 5, length = 0;
  napi_value arguments[5], result;
  HashArguments found;
  const uint8_t *hashes = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count < 5 || !hashArgumentsOf(env, arguments, &found) || !bytesOf(env, arguments[4], &hashes, &length) ||
      length != 32 * found.hashes) {
    throwText(env, "ARGUMENT", "hash takes a core, an arity, a state, inputs and room for hashes");
    return nullptr;
  }
  bool isGood = hashHere(found.core, found.arity, found.state, found.inputs, found.hashes, (uint8_t *)hashes);
  napi_get_boolean(env, isGood, &result);
  return result;
}

/** `work` ends with the call's output or reason set. */
napi_value startKernel(napi_env env, std::unique_ptr<Call> call, std::function<void(Call &)> work) {
  call->isKernel = true;
  return begin(env, Engine::forKernels(), std::move(call), nullptr, std::move(work));
}

/** hashMany(core, arity, state, inputs): Promise<hashes> */
napi_value hashManyAsync(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  HashArguments found;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (count < 4 || !hashArgumentsOf(env, arguments, &found)) {
    throwText(env, "ARGUMENT", "hashMany takes a core, an arity, a state and inputs");
    return nullptr;
  }
  std::unique_ptr<Call> call(new Call());
  // Copies: JavaScript may change its own meanwhile.
  call->input.assign(found.state, found.state + 32);
  call->input.insert(call->input.end(), found.inputs, found.inputs + 32 * found.arity * found.hashes);
  return startKernel(env, std::move(call), [found](Call &made) {
    made.output.resize(32 * found.hashes);
    if (!hashMany(Engine::forKernels(), found.core, found.arity, made.input.data(), made.input.data() + 32,
                  found.hashes, made.output.data())) {
      made.reason = "an input is not canonical";
    }
  });
}

/** multiplyMany(core, points, scalar): Promise<products, then a byte for each> */
napi_value multiplyManyAsync(napi_env env, napi_callback_info info) {
  size_t count = 3, pointsLength = 0, scalarLength = 0;
  napi_value arguments[3];
  const uint8_t *points = nullptr, *scalar = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const Core *core = count < 3 ? nullptr : coreOf(env, arguments[0]);
  if (!core || !bytesOf(env, arguments[1], &points, &pointsLength) || pointsLength % 64 != 0 ||
      !bytesOf(env, arguments[2], &scalar, &scalarLength) || scalarLength != 32 ||
      !core->isBelowSubgroupOrder(scalar)) {
    throwText(env, "ARGUMENT", "multiplyMany takes a core, points and a scalar");
    return nullptr;
  }
  std::unique_ptr<Call> call(new Call());
  call->input.assign(points, points + pointsLength);
  call->secret.assign(scalar, scalar + 32);
  return startKernel(env, std::move(call), [core](Call &made) {
    size_t points = made.input.size() / 64;
    made.output.resize(65 * points);
    multiplyMany(Engine::forKernels(), core, made.secret.data(), made.input.data(), points, made.output.data(),
                 made.output.data() + 64 * points);
  });
}

/** findSubgroupPoints(core, points): Promise<a byte for each> */
napi_value findSubgroupPointsAsync(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value arguments[2];
  const uint8_t *points = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const Core *core = count < 2 ? nullptr : coreOf(env, arguments[0]);
  if (!core || !bytesOf(env, arguments[1], &points, &length) || length % 64 != 0) {
    throwText(env, "ARGUMENT", "findSubgroupPoints takes a core and points");
    return nullptr;
  }
  std::unique_ptr<Call> call(new Call());
  call->input.assign(points, points + length);
  return startKernel(env, std::move(call), [core](Call &made) {
    made.output.resize(made.input.size() / 64);
    findSubgroupPoints(Engine::forKernels(), core, made.input.data(), made.output.size(), made.output.data());
  });
}

const napi_type_tag VERIFYING_KEY_TAG = {0x51d1a4c7e9b20f36u, 0x8e3f6a1d7b5c9042u};

/** prepareKey(core, publicSignals, points): handle, or undefined when a point is none of its group */
napi_value prepareKey(napi_env env, napi_callback_info info) {
  size_t count = 3, length = 0;
  napi_value arguments[3];
  uint32_t publicSignals = 0;
  const uint8_t *plain = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const Core *core = count < 3 ? nullptr : coreOf(env, arguments[0]);
  if (!core || napi_get_value_uint32(env, arguments[1], &publicSignals) != napi_ok || publicSignals > (1u << 16) ||
      !bytesOf(env, arguments[2], &plain, &length) || length != VerifyingKeyHandle::plainBytes(publicSignals)) {
    throwText(env, "ARGUMENT", "prepareKey takes a core, a number of public signals and points");
    return nullptr;
  }
  std::shared_ptr<VerifyingKeyHandle> key = VerifyingKeyHandle::prepare(core, publicSignals, plain);
  return key ? wrapShared(env, key, &VERIFYING_KEY_TAG) : nullptr;
}

/**
 * verifyFold(core, keys, keyOf, proofs, weights, signals, isChecked): Promise<a byte for the fold, then one for each item>
 *
 * `keyOf` has a byte an item: which of `keys`.
 */
napi_value verifyFoldAsync(napi_env env, napi_callback_info info) {
  size_t count = 7;
  napi_value arguments[7];
  const uint8_t *bytes[4] = {nullptr, nullptr, nullptr, nullptr};
  size_t lengths[4] = {0, 0, 0, 0};
  uint32_t keys = 0;
  bool isGood = false;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  std::shared_ptr<Fold> fold = std::make_shared<Fold>();
  fold->core = count < 7 ? nullptr : coreOf(env, arguments[0]);
  if (fold->core && napi_get_array_length(env, arguments[1], &keys) == napi_ok && keys <= 256 &&
      napi_get_value_bool(env, arguments[6], &fold->isChecked) == napi_ok) {
    isGood = true;
    for (int i = 0; i < 4; i++) isGood = isGood && bytesOf(env, arguments[2 + i], &bytes[i], &lengths[i]);
  }
  for (uint32_t i = 0; isGood && i < keys; i++) {
    napi_value element;
    std::shared_ptr<VerifyingKeyHandle> key;
    if (napi_get_element(env, arguments[1], i, &element) == napi_ok) {
      key = sharedOf<VerifyingKeyHandle>(env, element, &VERIFYING_KEY_TAG);
    }
    isGood = key && key->core == fold->core;
    fold->keys.push_back(key);
  }
  size_t signals = 0;
  for (size_t i = 0; isGood && i < lengths[0]; i++) {
    isGood = bytes[0][i] < keys;
    if (isGood) signals += fold->keys[bytes[0][i]]->publicSignals;
  }
  if (!isGood || lengths[1] != 256 * lengths[0] || lengths[2] != 16 * lengths[0] || lengths[3] != 32 * signals) {
    throwText(env, "ARGUMENT", "verifyFold takes a core, keys, their numbers, proofs, weights, signals and a flag");
    return nullptr;
  }
  fold->keyOf.assign(bytes[0], bytes[0] + lengths[0]);
  fold->proofs.assign(bytes[1], bytes[1] + lengths[1]);
  fold->weights.assign(bytes[2], bytes[2] + lengths[2]);
  fold->signals.assign(bytes[3], bytes[3] + lengths[3]);
  return startKernel(env, std::unique_ptr<Call>(new Call()), [fold](Call &made) {
    verifyFold(Engine::forKernels(), *fold);
    made.output.assign(1, fold->isTrue ? 1 : 0);
    made.output.insert(made.output.end(), fold->isGood.begin(), fold->isGood.end());
  });
}

/** test(core, operation, input, outputLength): Uint8Array of what was written. */
napi_value test(napi_env env, napi_callback_info info) {
  size_t count = 4, length = 0, inputLength = 0;
  napi_value arguments[4];
  char core[32] = "", operation[32] = "";
  const uint8_t *input = nullptr;
  uint32_t outputLength = 0;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const Core *found = nullptr;
  if (count == 4 && napi_get_value_string_utf8(env, arguments[0], core, sizeof(core), &length) == napi_ok &&
      napi_get_value_string_utf8(env, arguments[1], operation, sizeof(operation), &length) == napi_ok &&
      bytesOf(env, arguments[2], &input, &inputLength) &&
      napi_get_value_uint32(env, arguments[3], &outputLength) == napi_ok && outputLength <= (1u << 24)) {
    found = coreNamed(core);
  }
  if (!found) {
    throwText(env, "ARGUMENT", "test takes a core, an operation, its operands and a length");
    return nullptr;
  }
  std::vector<uint8_t> output(outputLength + 1);
  int written = found->test(operation, input, inputLength, output.data(), outputLength);
  napi_value value = bytesValue(env, output.data(), written > 0 ? (size_t)written : 0);
  if (!value) throw std::bad_alloc();
  return value;
}

/** What Node calls: its frames know no exceptions. */
template <napi_value (*function)(napi_env, napi_callback_info)>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return function(env, info);
  } catch (const std::exception &) {
    throwText(env, "MEMORY", NO_MEMORY);
    return nullptr;
  }
}

template <napi_value (*function)(napi_env, napi_callback_info)>
void setFunction(napi_env env, napi_value exports, const char *name) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<function>, nullptr, &value);
  napi_set_named_property(env, exports, name, value);
}

napi_value setUp(napi_env env, napi_value exports) {
  std::shared_ptr<Environment> environment = std::make_shared<Environment>();
  std::unique_ptr<std::shared_ptr<Environment>> held(new std::shared_ptr<Environment>(environment));
  napi_value name;
  napi_create_string_utf8(env, "cinnabar", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, receive,
                                      &environment->back) != napi_ok ||
      napi_unref_threadsafe_function(env, environment->back) != napi_ok ||
      napi_add_env_cleanup_hook(env, close, environment.get()) != napi_ok ||
      napi_set_instance_data(env, held.get(), dropShared<Environment>, nullptr) != napi_ok) {
    throwText(env, "MODULE", "the native prover could not be set up");
    return nullptr;
  }
  held.release();
  setFunction<openKey>(env, exports, "open");
  setFunction<prove>(env, exports, "prove");
  setFunction<cancel>(env, exports, "cancel");
  setFunction<setPoseidon>(env, exports, "setPoseidon");
  setFunction<hash>(env, exports, "hash");
  setFunction<hashManyAsync>(env, exports, "hashMany");
  setFunction<multiplyManyAsync>(env, exports, "multiplyMany");
  setFunction<findSubgroupPointsAsync>(env, exports, "findSubgroupPoints");
  setFunction<prepareKey>(env, exports, "prepareKey");
  setFunction<verifyFoldAsync>(env, exports, "verifyFold");
  setFunction<test>(env, exports, "test");
  napi_value cores, text;
  uint32_t index = 0;
  napi_create_array(env, &cores);
  for (const Core *core : usableCores()) {
    napi_create_string_utf8(env, core->name, NAPI_AUTO_LENGTH, &text);
    napi_set_element(env, cores, index++, text);
  }
  napi_set_named_property(env, exports, "cores", cores);
  napi_create_string_utf8(env, Engine::instance().core->name, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "core", text);
  return exports;
}

} // namespace

NAPI_MODULE_INIT() {
  try {
    return setUp(env, exports);
  } catch (const std::exception &) {
    throwText(env, "MODULE", "the native prover could not be set up");
    return nullptr;
  }
}
