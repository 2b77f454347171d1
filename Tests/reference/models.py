"""Makes Fixtures/models: small random models of each architecture as GGUF files, written with the
names and the order of rows that llama.cpp's converter gives them, and what transformers and PEFT
compute with the same weights in float32. Needs torch, transformers, peft and gguf, and the other
fixtures. Usage: models.py FIXTURES"""
import json
import math
import pathlib
import sys

import gguf
import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import (LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM)

fixtures = pathlib.Path(sys.argv[1])
templates = {t["name"]: t["source"] for t in json.loads((fixtures / "chat-templates.json").read_text())}
pretokenizers = json.loads((fixtures / "pretokenizers.json").read_text())
torch.set_num_threads(1)

THETA, HIDDEN, HEADS, KEY_HEADS = 10_000.0, 64, 4, 2
STRETCH = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 64}
MODELS = {
    # architecture: classes, head size, pre-tokenizer, template, control tokens, end token
    "llama": (LlamaConfig, LlamaForCausalLM, 16, "llama-bpe", "llama3",
              ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
              "<|eot_id|>"),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, 16, "qwen2", "qwen2",
              ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], "<|im_end|>"),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, 32, "qwen2", "qwen3",
              ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], "<|im_end|>"),
}
# A file with the first formats for the matrices whose rows they can hold, one after another; else F16.
FILES = {"llama": [], "qwen2": [], "qwen3": [], "qwen3-quantised": ["Q4_1", "Q8_0", "Q4_0", "Q5_1", "Q5_0"]}
LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RANK, ALPHA, AMPLITUDE_A, AMPLITUDE_B = 4, 8, 0.1, 0.05


def make(architecture, vocabulary_size):
    configuration, model_class, head_size = MODELS[architecture][:3]
    rope = {"rope_type": "default", "rope_theta": THETA}
    if architecture == "llama":
        rope = {"rope_type": "llama3", "rope_theta": THETA, **STRETCH}
    arguments = dict(
        vocab_size=vocabulary_size, hidden_size=HIDDEN, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS, head_dim=head_size, rms_norm_eps=1e-6,
        max_position_embeddings=512, rope_parameters=rope, tie_word_embeddings=architecture != "llama",
        bos_token_id=None, eos_token_id=None, pad_token_id=None)
    if architecture == "qwen2":
        del arguments["head_dim"]
    model = model_class(configuration(**arguments, attn_implementation="eager")).float().eval()
    torch.manual_seed(list(MODELS).index(architecture))
    for name, parameter in model.named_parameters():
        random = torch.randn(parameter.shape)
        if parameter.dim() == 2:
            scale = 0.5 if "embed" in name else 1.5 / math.sqrt(parameter.shape[1])
            parameter.data = (random * scale).half().float()
        elif "norm" in name:
            parameter.data = 1 + 0.3 * random
        else:
            parameter.data = 0.5 * random
    return model


def quantise(model, names):
    """Rounds matrices to formats, and says which; the model computes with what they stand for."""
    formats = {}
    for index, (name, parameter) in enumerate(model.named_parameters()):
        if names and parameter.dim() == 2 and parameter.shape[1] % 32 == 0:
            kind = gguf.GGMLQuantizationType[names[index % len(names)]]
            data = gguf.quants.quantize(parameter.detach().numpy(), kind)
            parameter.data = torch.from_numpy(gguf.quants.dequantize(data, kind).copy())
            formats[name] = kind, data
    return formats


def stretch_factors(head_size):
    """Llama 3.1's scaling of each frequency, as the converter computes it."""
    factors = []
    old = STRETCH["original_max_position_embeddings"]
    for pair in range(head_size // 2):
        length = 2 * math.pi * THETA ** (2 * pair / head_size)
        smooth = (old / length - STRETCH["low_freq_factor"]) / (
            STRETCH["high_freq_factor"] - STRETCH["low_freq_factor"])
        smooth = min(max(smooth, 0), 1)
        factors.append(1 / ((1 - smooth) / STRETCH["factor"] + smooth))
    return np.array(factors, dtype=np.float32)


def permuted(rows, heads):
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write(architecture, model, formats, tokens, merges, path):
    _, _, head_size, pre, template, control, end = MODELS[architecture]
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name(f"Small random {architecture}")
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(2)
    writer.add_feed_forward_length(96)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(THETA)
    writer.add_layer_norm_rms_eps(1e-6)
    if architecture == "qwen3":
        writer.add_key_length(head_size)
        writer.add_value_length(head_size)
    if architecture == "llama":
        writer.add_vocab_size(len(tokens))
        writer.add_rope_dimension_count(head_size)
    writer.add_file_type(1)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in control else 1 for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index(control[0]))
    writer.add_eos_token_id(tokens.index(end))
    writer.add_chat_template(templates[template])

    names = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
             "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
             "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate",
             "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
    if architecture == "llama":
        writer.add_tensor("rope_freqs.weight", stretch_factors(head_size))
    for name, parameter in model.named_parameters():
        values = parameter.detach().numpy()
        if architecture == "llama" and (".q_proj." in name or ".k_proj." in name):
            values = permuted(values, HEADS if ".q_proj." in name else KEY_HEADS)
        module, kind = name.rsplit(".", 1)
        if name.startswith("model.layers."):
            _, _, layer, module = module.split(".", 3)
            target = f"blk.{layer}.{names[module]}.{kind}"
        else:
            target = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}[
                module] + ".weight"
        if name in formats:
            kind, data = formats[name]
            writer.add_tensor(target, data, raw_dtype=kind)
            continue
        values = np.ascontiguousarray(values, dtype=np.float16 if values.ndim == 2 else np.float32)
        writer.add_tensor(target, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def adapted(model):
    peft = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=LINEARS))
    for name, parameter in peft.named_parameters():
        if "lora_" not in name:
            continue
        parts = name.split(".")
        layer = int(parts[parts.index("layers") + 1])
        shift = layer + LINEARS.index(next(p for p in parts if p in LINEARS))
        rows, columns = np.indices(parameter.shape).astype(np.float64)
        if "lora_A" in name:
            values = AMPLITUDE_A * np.sin(0.37 * rows + 0.11 * columns + shift)
        else:
            values = AMPLITUDE_B * np.cos(0.23 * rows + 0.53 * columns + shift)
        parameter.data = torch.from_numpy(values).float()
    return peft.eval()


def logits(model, ids):
    return model(torch.tensor([ids])).logits[0]


def logprobs(model, prompt, completion):
    rows = logits(model, prompt + completion)[len(prompt) - 1:-1]
    return torch.log_softmax(rows, -1)[range(len(completion)), completion]


def greedy(model, prompt, count, end):
    """The likeliest continuation, and by how much each token was the likeliest at least."""
    ids, gap = list(prompt), math.inf
    with torch.no_grad():
        for _ in range(count):
            best = torch.topk(logits(model, ids)[-1], 2)
            gap = min(gap, float(best.values[0] - best.values[1]))
            ids.append(int(best.indices[0]))
            if ids[-1] == end:
                break
    return ids[len(prompt):], gap


def clear_greedy(model, random, end, size):
    while True:
        prompt = random.integers(0, 256, 12).tolist()
        new, gap = greedy(model, prompt, 20, end)
        if gap > 0.05 and len(new) == 20 and len(set(new)) > 6:
            return {"ids": prompt, "new_ids": new}


def digits(values):
    return [float(f"{value:.7g}") for value in values]


(fixtures / "models").mkdir(exist_ok=True)
for file_name, names in FILES.items():
    architecture = file_name.split("-")[0]
    pre, _, control, end = MODELS[architecture][3:]
    table = pretokenizers[pre]
    tokens = sorted(t for t in table["vocabulary"] if len(t) == 1)
    merges = []
    for merge in table["merges"]:
        left, right = merge.split(" ")
        if len(merges) < 24 and left in tokens and right in tokens:
            merges.append(merge)
            tokens.append(left + right)
    tokens += control
    model = make(architecture, len(tokens))
    formats = quantise(model, names)
    write(architecture, model, formats, tokens, merges, fixtures / "models" / f"{file_name}.gguf")

    random = np.random.default_rng(7)
    end_id = tokens.index(end)
    demonstrations = [(random.integers(0, 256, n).tolist(), random.integers(0, 256, m).tolist() + [end_id])
                      for n, m in [(9, 6), (17, 11), (5, 3)]]
    prompt = random.integers(0, 256, 40).tolist()
    with torch.no_grad():
        result = {
            "prompt_ids": prompt, "logits": digits(logits(model, prompt)[-1].tolist()),
            "logprobs": [digits(logprobs(model, *pair).tolist()) for pair in demonstrations],
            "greedy": clear_greedy(model, random, end_id, len(tokens)),
        }
    model = adapted(model)
    result["adapted_greedy"] = clear_greedy(model, random, end_id, len(tokens))
    count = sum(len(completion) for _, completion in demonstrations)
    loss = -sum(logprobs(model, *pair).sum() for pair in demonstrations) / count
    loss.backward()
    gradients, total = [], 0.0
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        values = parameter.grad.double().flatten()
        total += float((values ** 2).sum())
        name = name.removeprefix("base_model.model.model.").replace(".default.weight", "")
        gradients.append({"name": name, "norm": float(f"{values.norm():.9g}"), "first": digits(values[:8].tolist()),
                          "last": digits(values[-8:].tolist())})
    result["sft"] = {
        "demonstrations": [{"prompt_ids": p, "completion_ids": c} for p, c in demonstrations],
        "loss": float(f"{loss.item():.9g}"), "grad_norm": math.sqrt(total), "grads": gradients}
    with open(fixtures / "models" / f"{file_name}.json", "w") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")
    print(file_name, len(tokens), "tokens, loss", result["sft"]["loss"], "gradient", result["sft"]["grad_norm"],
          len(gradients), "tensors")
