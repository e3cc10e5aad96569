#!/usr/bin/env python3
"""Records what Hugging Face's Llama computes, for Tests/TransformerTests.

    python3 scripts/reference/record_llama.py

Needs torch, transformers and safetensors. Writes three files under
Tests/TransformerTests/Reference, float32, eager attention, one thread:

  llama-tied.safetensors    LlamaForCausalLM, head tied to the embedding
  llama-untied.safetensors  the same with lm_head.weight
  llama-scalar.safetensors  LlamaForSequenceClassification with one label

Weights, tokens and coefficients come from the integer formula `uniform`, which
the tests repeat, so no weights are stored. Sequences are run one by one: there
is no padding. Each language-model file holds, for R rows of all sequences:

  logits            [R, V]
  log_probability   [N]  of the next token, at TEMPERATURE, last rows left out
  entropy           [N]  of the same distributions, nats
  gradient/NAME          of sum_i -coefficient_i * log_probability_i
  losses, norms     [10] mean next-token cross-entropy before each of ten AdamW
                         steps, and the gradient's norm before clipping:
                         lr 1e-3, betas (0.9, 0.95), eps 1e-8, clip norm 1.0,
                         decay 0.1 on tensors of two dimensions, none on norms

The scalar file holds `scores` [B], read at each sequence's last token, and the
gradients of sum_b coefficient_b * score_b.
"""
import pathlib

import numpy
import safetensors.torch
import torch
import transformers

SIZES = dict(
    vocab_size=64, hidden_size=32, intermediate_size=56, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, head_dim=16,
    max_position_embeddings=64, rms_norm_eps=1e-5,
)
LENGTHS = [7, 2, 21, 12, 5]
TEMPERATURE = {"tied": 0.7, "untied": 1.0}
TARGET = pathlib.Path(__file__).parents[2] / "Tests/TransformerTests/Reference"


def uniform(stream: int, count: int) -> numpy.ndarray:
    """`count` float64 in [0, 1) with 24 bits: a hash of (stream, index)."""
    x = numpy.arange(1, count + 1, dtype=numpy.uint64)
    x += numpy.uint64(1_000_003 * stream)
    x *= numpy.uint64(0x9E37_79B9_7F4A_7C15)
    x ^= x >> numpy.uint64(32)
    x *= numpy.uint64(0xD6E8_FEB8_6659_FD93)
    x ^= x >> numpy.uint64(32)
    return (x >> numpy.uint64(40)).astype(numpy.float64) / 2**24


def fill(model: torch.nn.Module) -> None:
    """Norms in [0.75, 1.25), matrices in [-0.25, 0.25); stream = rank of name."""
    names = sorted(name for name, _ in model.named_parameters())
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for stream, name in enumerate(names):
            p = parameters[name]
            u = uniform(stream, p.numel())
            values = 0.75 + 0.5 * u if p.dim() == 1 else 0.5 * u - 0.25
            p.copy_(torch.from_numpy(values.astype(numpy.float32)).view(p.shape))


def sequences() -> list[torch.Tensor]:
    result, stream = [], 1000
    for length in LENGTHS:
        tokens = (uniform(stream, length) * SIZES["vocab_size"]).astype(numpy.int64)
        result.append(torch.from_numpy(tokens))
        stream += 1
    return result


def coefficients(count: int) -> torch.Tensor:
    """In [-0.5, 1): some weights are negative, as in PPO."""
    return torch.from_numpy((1.5 * uniform(2000, count) - 0.5).astype(numpy.float32))


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {
        f"gradient/{name}": p.grad.clone() for name, p in model.named_parameters()
    }


def record_language_model(kind: str) -> None:
    config = transformers.LlamaConfig(
        **SIZES, tie_word_embeddings=kind == "tied", bos_token_id=None, eos_token_id=None,
        attn_implementation="eager")
    model = transformers.LlamaForCausalLM(config).float()
    fill(model)
    batch = sequences()
    logits = [model(tokens[None]).logits[0] for tokens in batch]
    log_probability, entropy = [], []
    for tokens, l in zip(batch, logits):
        distribution = torch.log_softmax(l[:-1] / TEMPERATURE[kind], dim=-1)
        log_probability.append(distribution.gather(1, tokens[1:, None])[:, 0])
        entropy.append(-(distribution.exp() * distribution).sum(-1))
    log_probability = torch.cat(log_probability)
    loss = -(coefficients(len(log_probability)) * log_probability).sum()
    loss.backward()
    result = {
        "logits": torch.cat(logits).detach(),
        "log_probability": log_probability.detach(),
        "entropy": torch.cat(entropy).detach(),
        **gradients(model),
    }

    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=0.1), dict(params=vectors, weight_decay=0.0)],
        lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    for _ in range(10):
        optimizer.zero_grad()
        total = sum(
            torch.nn.functional.cross_entropy(
                model(tokens[None]).logits[0, :-1], tokens[1:], reduction="sum")
            for tokens in batch)
        loss = total / len(log_probability)
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
    result["losses"] = torch.tensor(losses)
    result["norms"] = torch.tensor(norms)
    save(kind, result)


def record_scalar() -> None:
    config = transformers.LlamaConfig(
        **SIZES, num_labels=1, bos_token_id=None, eos_token_id=None, pad_token_id=None,
        attn_implementation="eager")
    model = transformers.LlamaForSequenceClassification(config).float()
    fill(model)
    scores = torch.stack([model(tokens[None]).logits[0, 0] for tokens in sequences()])
    (coefficients(len(scores)) * scores).sum().backward()
    save("scalar", {"scores": scores.detach(), **gradients(model)})


def save(kind: str, tensors: dict[str, torch.Tensor]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    path = TARGET / f"llama-{kind}.safetensors"
    safetensors.torch.save_file(
        {name: t.contiguous() for name, t in tensors.items()}, path,
        metadata={"torch": torch.__version__, "transformers": transformers.__version__})
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    torch.set_num_threads(1)
    record_language_model("tied")
    record_language_model("untied")
    record_scalar()
