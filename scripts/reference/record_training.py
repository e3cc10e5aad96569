#!/usr/bin/env python3
"""Records what PyTorch computes for small training runs, for Tests/TrainingTests.

    python3 scripts/reference/record_training.py

Needs what record_llama.py needs, whose model, weights and tokens it uses.
Writes Tests/TrainingTests/Reference/training.json, float32, one thread:

  sft_losses, sft_norms  [10] weighted response loss and gradient norm of ten
                         AdamW steps: peak rate 3e-3, three warm-up steps, cosine
                         to a tenth, betas (0.9, 0.95), decay 0.1 on matrices,
                         clip norm 1
  pm_losses, pm_norms    [10] soft-label loss of three pairs; constant rate 1e-3,
                         the same AdamW, no decay on score.weight
  ppo_loss, ppo_norm     clipped policy loss of one minibatch and its gradient's
                         norm, at temperature 0.7
  value_loss, value_norm clipped value loss likewise
"""
import json
import math

import torch
import transformers

import record_llama as base

LENGTHS = [9, 17, 5, 26, 12, 8]
PROMPTS = [4, 6, 2, 10, 5, 3]
WEIGHTS = [1.0, 0.5, 1.0, 1.0, 2.0, 1.0]
LABELS = [0.9, 0.3, 0.5]
TARGET = base.TARGET.parents[1] / "TrainingTests/Reference/training.json"


def sequences():
    return [
        torch.from_numpy((base.uniform(3000 + i, n) * 64).astype("int64"))
        for i, n in enumerate(LENGTHS)
    ]


def config(**more):
    return transformers.LlamaConfig(
        **base.SIZES, bos_token_id=None, eos_token_id=None, attn_implementation="eager", **more)


def language_model():
    model = transformers.LlamaForCausalLM(config(tie_word_embeddings=True)).float()
    base.fill(model)
    return model


def scalar_model():
    model = transformers.LlamaForSequenceClassification(
        config(num_labels=1, pad_token_id=None)).float()
    base.fill(model)
    return model


def adamw(model, rate):
    named = list(model.named_parameters())
    decays = [p for n, p in named if p.dim() > 1 and n != "score.weight"]
    others = [p for n, p in named if p.dim() == 1 or n == "score.weight"]
    return torch.optim.AdamW(
        [dict(params=decays, weight_decay=0.1), dict(params=others, weight_decay=0.0)],
        lr=rate, betas=(0.9, 0.95), eps=1e-8)


def norm_of(model):
    return math.sqrt(sum(float(p.grad.double().square().sum()) for p in model.parameters()))


def train(model, rate, loss_of):
    optimizer = adamw(model, 1.0)
    losses, norms = [], []
    for step in range(10):
        optimizer.zero_grad()
        loss = loss_of(step)
        loss.backward()
        losses.append(loss.item())
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
    return losses, norms


def sft():
    model, data = language_model(), sequences()

    def rate(step):
        if step < 3:
            return 3e-3 * (step + 1) / 3
        return 3e-3 * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * (step - 3) / 7)))

    def loss_of(step):
        total, weight = 0.0, 0.0
        for i in [0, 1, 2] if step % 2 == 0 else [3, 4, 5]:
            logp = torch.log_softmax(model(data[i][None]).logits[0], -1)
            p = PROMPTS[i]
            chosen = logp[p - 1:-1].gather(1, data[i][p:, None])
            total = total - WEIGHTS[i] * chosen.sum()
            weight += WEIGHTS[i] * len(chosen)
        return total / weight

    return train(model, rate, loss_of)


def value_at(model, tokens):
    return model.score(model.model(tokens[None]).last_hidden_state[0])[:, 0]


def pm():
    model, data = scalar_model(), sequences()

    def loss_of(step):
        total = 0.0
        for pair, p in enumerate(LABELS):
            d = value_at(model, data[2 * pair])[-1] - value_at(model, data[2 * pair + 1])[-1]
            sigmoid = torch.nn.functional.logsigmoid
            total = total - (p * sigmoid(d) + (1 - p) * sigmoid(-d))
        return total / len(LABELS)

    return train(model, lambda step: 1e-3, loss_of)


def noise(stream, count):
    return torch.from_numpy((base.uniform(stream, count) - 0.5).astype("float32"))


def ppo():
    """Old log-probabilities and values are the current ones plus noise, so that
    some tokens are clipped and some are not."""
    policy, value, data = language_model(), scalar_model(), sequences()
    policy_loss, value_loss, count = 0.0, 0.0, 0
    record = {"old": [], "old_values": []}
    for i, tokens in enumerate(data):
        p = PROMPTS[i]
        n = len(tokens) - p
        logp = torch.log_softmax(policy(tokens[None]).logits[0] / 0.7, -1)[p - 1:-1]
        logp = logp.gather(1, tokens[p:, None])[:, 0]
        old = (logp + noise(4000 + i, n)).detach()
        advantage = 4 * noise(5000 + i, n)
        ratio = torch.exp(logp - old)
        policy_loss = policy_loss + torch.maximum(
            -advantage * ratio, -advantage * ratio.clamp(0.8, 1.2)).sum()
        v = value_at(value, tokens)[p - 1:-1]
        old_v = (v + noise(6000 + i, n)).detach()
        target = (v + 2 * noise(7000 + i, n)).detach()
        clipped = old_v + (v - old_v).clamp(-0.2, 0.2)
        value_loss = value_loss + 0.5 * torch.maximum(
            (v - target) ** 2, (clipped - target) ** 2).sum()
        count += n
        record["old"].append(old.tolist())
        record["old_values"].append(old_v.tolist())
        record.setdefault("returns", []).append(target.tolist())
    (policy_loss / count).backward()
    (value_loss / count).backward()
    return dict(
        record, ppo_loss=float(policy_loss / count), ppo_norm=norm_of(policy),
        value_loss=float(value_loss / count), value_norm=norm_of(value))


def main():
    torch.set_num_threads(1)
    sft_losses, sft_norms = sft()
    pm_losses, pm_norms = pm()
    result = dict(
        sft_losses=sft_losses, sft_norms=sft_norms, pm_losses=pm_losses, pm_norms=pm_norms,
        **ppo())
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
