#ifndef APPRENTICE_DECODE_H
#define APPRENTICE_DECODE_H

#include <stdint.h>

// One decoding step of several completions of one prompt in lock-step, in one parallel region: a
// region for each operation would cost more than the operations.

// A low-rank addition y += scale * B (A x): a is [rank, in], b is [out, rank]; a is NULL where there
// is none.
struct apprentice_low_rank {
  const float *a, *b;
};

struct apprentice_decode_layer {
  const float *attention_norm;  // [hidden]
  const float *qkv;             // [(heads + 2 kv_heads) * head_size, hidden]
  const float *qkv_bias;        // [(heads + 2 kv_heads) * head_size], or NULL
  const float *query_norm, *key_norm;  // [head_size], or both NULL
  const float *output;          // [hidden, heads * head_size]
  const float *mlp_norm;        // [hidden]
  const float *gate_up;         // [2 ff, hidden]
  const float *down;            // [hidden, ff]
  struct apprentice_low_rank low_rank[7];  // query, key, value, output, gate, up, down
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
  const float *head;        // [vocabulary, hidden]
  long rank;
  float low_rank_scale;
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
  float *scratch;         // apprentice_decode_scratch() floats
};

long apprentice_decode_scratch(const struct apprentice_decode *decode);
void apprentice_decode_step(const struct apprentice_decode *decode);

// logits[i] = head · x[i] for few rows; the sums are made as in apprentice_decode_step.
void apprentice_few_rows_product(const float *weights, const float *x, float *out, long rows,
                                 long inputs, long outputs);

#endif
