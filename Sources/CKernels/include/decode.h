#ifndef APPRENTICE_DECODE_H
#define APPRENTICE_DECODE_H

#include <stdint.h>

#include "codes.h"

// One decoding step of several completions of one prompt in lock-step, in one parallel region: a
// region for each operation would cost more than the operations.

struct apprentice_decode_layer {
  const float *attention_norm;  // [hidden]
  const float *qkv_bias;        // [(heads + 2 kv_heads) * head_size], or NULL
  const float *query_norm, *key_norm;  // [head_size], or both NULL
  const float *mlp_norm;        // [hidden]
  struct apprentice_codes query, key, value, output, gate, up, down;
  // Of query, key and value; of output; of gate and up; of down.
  struct apprentice_code_adapter qkv_adapter, output_adapter, gate_up_adapter, down_adapter;
  // The prompt's keys [kv_heads, head_size, prompt_capacity] and values
  // [kv_heads, prompt_capacity, head_size], shared by all completions.
  const float *prompt_keys, *prompt_values;
  // The completions' own: [slots, kv_heads, head_size, capacity], [slots, kv_heads, capacity,
  // head_size].
  float *keys, *values;
};

struct apprentice_decode {
  const struct apprentice_decode_layer *layers;
  long layer_count;
  long hidden, ff, heads, kv_heads, head_size, vocabulary;
  float epsilon;
  const float *final_norm;  // [hidden]
  struct apprentice_codes head;  // [vocabulary, hidden]
  long rank;  // of the adapter; 0 without
  const float *cosines, *sines;  // [positions, head_size], as for apprentice_rope
  long prompt_length, prompt_capacity, capacity;
  long count;             // completions in this step
  const int32_t *slots;   // [count]: where each keeps its keys and values
  long length;            // tokens each has already in its cache: this step appends one
  float *x;               // [count, hidden]: the tokens' embeddings on entry
  float *qkv;             // [count, (heads + 2 kv_heads) * head_size]
  float *attended;        // [count, heads * head_size]
  float *activated;       // [count, ff]
  float *logits;          // [count, vocabulary]
  uint8_t *scratch;       // apprentice_decode_scratch() bytes
};

long apprentice_decode_scratch(const struct apprentice_decode *decode);
void apprentice_decode_step(const struct apprentice_decode *decode);

#endif
