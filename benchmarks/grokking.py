"""Grokking, and the local dimension while it happens: `python -m benchmarks.grokking`, about a minute on two cores.

A network of one hidden layer learns a + b modulo 31 from 70 % of all pairs, with weight decay (Power, Burda, Edwards,
Babuschkin, Misra, "Grokking", 2022): it knows these by heart long before it knows the others. Printed are the
accuracies and the mean local dimension of the hidden layer on the pairs it has not seen.
"""

import torch
from torch import nn

from idcore import local_id

P, WIDTH, SHARE, EPOCHS = 31, 128, 0.7, 2000
LOOKS = (0, 10, 30, 60, 100, 150, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000)


def pairs(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(both numbers as one-hot rows (P * P, 2 P), their sum modulo P, an order of the pairs by this seed)."""
    a, b = (part.flatten() for part in torch.meshgrid(torch.arange(P), torch.arange(P), indexing="ij"))
    x = torch.cat([nn.functional.one_hot(a, P), nn.functional.one_hot(b, P)], 1).float()
    return x, (a + b) % P, torch.randperm(P * P, generator=torch.Generator().manual_seed(seed))


def main(seed: int = 0) -> None:
    """Train and print a line at each of `LOOKS`."""
    x, y, order = pairs(seed)
    known = round(SHARE * P * P)
    seen, new = order[:known], order[known:]
    torch.manual_seed(seed)
    hidden = nn.Sequential(nn.Linear(2 * P, WIDTH), nn.ReLU())
    output = nn.Linear(WIDTH, P)
    parameters = [*hidden.parameters(), *output.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=0.01, weight_decay=1.0, betas=(0.9, 0.98))
    print(f"{'epoch':>6} {'learned':>8} {'new':>8} {'local ID':>9}   (N = {len(new)} new pairs, k = 20)")
    for epoch in range(EPOCHS + 1):
        if epoch in LOOKS:
            with torch.no_grad():
                right = (output(hidden(x)).argmax(1) == y).float()
                local = local_id(hidden(x[new]).numpy(), 20)
            mean = local[local == local].mean()
            print(f"{epoch:6} {right[seen].mean():8.1%} {right[new].mean():8.1%} {mean:9.2f}", flush=True)
        optimiser.zero_grad()
        nn.functional.cross_entropy(output(hidden(x[seen])), y[seen]).backward()
        optimiser.step()


if __name__ == "__main__":
    main()
