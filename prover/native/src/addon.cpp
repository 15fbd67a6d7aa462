// The prover as a Node-API module, C interface only. Work happens on the engine's threads; one thread-safe function
// an environment carries phases and results back to the thread of JavaScript.
#include <set>
#include <string.h>

#include <node_api.h>

#include "dispatch.h"
#include "engine.h"

using namespace cinnabar;

namespace {

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
};

struct Event {
  Call *call;
  bool isLast;
  Phase phase;
};

void send(Call *call, bool isLast, Phase phase) {
  std::shared_ptr<Environment> environment = call->environment;
  Event *event = new Event{call, isLast, phase};
  {
    std::lock_guard<std::mutex> lock(environment->mutex);
    if (isLast) environment->calls.erase(call);
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

napi_value errorValue(napi_env env, const char *code, const std::string &text) {
  napi_value codeValue, message, error;
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &codeValue);
  napi_create_string_utf8(env, text.c_str(), text.size(), &message);
  napi_create_error(env, codeValue, message, &error);
  return error;
}

napi_value bytesValue(napi_env env, const uint8_t *bytes, size_t length) {
  void *data;
  napi_value buffer, array;
  napi_create_arraybuffer(env, length, &data, &buffer);
  memcpy(data, bytes, length);
  napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array);
  return array;
}

void settleOpening(napi_env env, Call *call) {
  if (!call->opened) {
    napi_reject_deferred(env, call->deferred, errorValue(env, "KEY", call->reason));
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
    napi_resolve_deferred(env, call->deferred, bytesValue(env, call->job->proof, sizeof(call->job->proof)));
    return;
  case Verdict::cancelled:
    napi_reject_deferred(env, call->deferred, errorValue(env, "CANCELLED", "cancelled"));
    return;
  case Verdict::noMemory:
    napi_reject_deferred(env, call->deferred, errorValue(env, "MEMORY", "there is not enough memory"));
    return;
  case Verdict::badKey:
    napi_reject_deferred(env, call->deferred, errorValue(env, "KEY", "its file was changed while it was in use"));
    return;
  case Verdict::badWitness:
    napi_reject_deferred(env, call->deferred, errorValue(env, "WITNESS", call->job->reason));
    return;
  }
}

/** On JavaScript's thread. `env` is null while the environment goes down. */
void receive(napi_env env, napi_value, void *, void *data) {
  Event *event = (Event *)data;
  Call *call = event->call;
  if (env) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    if (event->isLast) {
      if (call->job) settleProof(env, call);
      else settleOpening(env, call);
      if (call->onPhase) napi_delete_reference(env, call->onPhase);
      // Without calls the module does not keep the process alive.
      if (--call->environment->pending == 0) napi_unref_threadsafe_function(env, call->environment->back);
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
  if (!call->environment || napi_create_promise(env, &call->deferred, promise) != napi_ok) return false;
  if (onPhase && napi_create_reference(env, onPhase, 1, &call->onPhase) != napi_ok) return false;
  if (call->environment->pending++ == 0) napi_ref_threadsafe_function(env, call->environment->back);
  std::lock_guard<std::mutex> lock(call->environment->mutex);
  call->environment->calls.insert(call);
  return true;
}

/** open(path): Promise<{ handle, wires, publicWires, domain }> */
napi_value openKey(napi_env env, napi_callback_info info) {
  size_t count = 1, length = 0;
  napi_value argument, promise;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (count < 1 || napi_get_value_string_utf8(env, argument, nullptr, 0, &length) != napi_ok) {
    throwText(env, "ARGUMENT", "open takes a path");
    return nullptr;
  }
  std::unique_ptr<Call> call(new Call());
  call->path.resize(length + 1);
  napi_get_value_string_utf8(env, argument, &call->path[0], length + 1, &length);
  call->path.resize(length);
  if (!prepareCall(env, call.get(), nullptr, &promise)) {
    throwText(env, "ARGUMENT", "no promise could be made");
    return nullptr;
  }
  Call *raw = call.release();
  Engine::instance().post([raw] {
    raw->opened = Engine::instance().open(raw->path, &raw->reason);
    send(raw, true, PHASE_EVALUATE);
  });
  return promise;
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
  if (!prepareCall(env, call.get(), onPhase, &promise)) {
    throwText(env, "ARGUMENT", "no promise could be made");
    return nullptr;
  }
  Call *raw = call.release();
  if (onPhase) job.onPhase = [raw](Phase phase) { send(raw, false, phase); };
  handle = wrapShared(env, raw->job, &JOB_TAG);
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "promise", promise);
  if (handle) napi_set_named_property(env, result, "job", handle);
  Engine::instance().post([raw] {
    Engine::instance().prove(*raw->job);
    send(raw, true, PHASE_EVALUATE);
  });
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
  return bytesValue(env, output.data(), written > 0 ? (size_t)written : 0);
}

void setFunction(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
  napi_set_named_property(env, exports, name, value);
}

} // namespace

NAPI_MODULE_INIT() {
  std::shared_ptr<Environment> environment = std::make_shared<Environment>();
  napi_value name;
  napi_create_string_utf8(env, "cinnabar", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, receive,
                                      &environment->back) != napi_ok ||
      napi_unref_threadsafe_function(env, environment->back) != napi_ok ||
      napi_add_env_cleanup_hook(env, close, environment.get()) != napi_ok ||
      napi_set_instance_data(env, new std::shared_ptr<Environment>(environment), dropShared<Environment>, nullptr) !=
          napi_ok) {
    throwText(env, "MODULE", "the native prover could not be set up");
    return nullptr;
  }
  setFunction(env, exports, "open", openKey);
  setFunction(env, exports, "prove", prove);
  setFunction(env, exports, "cancel", cancel);
  setFunction(env, exports, "test", test);
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
