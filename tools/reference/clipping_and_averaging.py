"""Writes test/fixtures/nn/clipping-and-averaging.json: gradients of several shapes under timm's adaptive clipping, weights under PyTorch's exponential moving average and exponential decay.

Run from the repository root with PyTorch 2.6 and timm 1.0.15: python tools/reference/clipping_and_averaging.py
"""
import json

import torch
from timm.utils.agc import adaptive_clip_grad
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(0)
shapes = {"convolution": (3, 2, 2, 2), "matrix": (4, 3), "vector": (5,), "scalar": (1,), "zeros": (2, 3)}
flat = lambda tensor: tensor.detach().flatten().tolist()

factor = 0.05
weights = {path: torch.randn(shape) for path, shape in shapes.items()}
weights["zeros"].zero_()
# Some units are far too steep, some are not.
gradients = {path: torch.randn(shape) * torch.tensor([0.001, 0.02, 1.0, 30.0, 0.01][: shape[0]]).reshape(-1, *[1] * (len(shape) - 1)) for path, shape in shapes.items()}
parameters = []
for path in shapes:
    parameter = torch.nn.Parameter(weights[path].clone())
    parameter.grad = gradients[path].clone()
    parameters.append(parameter)
adaptive_clip_grad(parameters, clip_factor=factor)
clipped = {path: flat(parameter.grad) for path, parameter in zip(shapes, parameters)}

decay = 0.9
model = torch.nn.Linear(3, 2, bias=False)
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
averages = []
for _ in range(5):
    with torch.no_grad():
        model.weight += torch.randn(2, 3)
    average.update_parameters(model)
    averages.append({"weight": flat(model.weight), "average": flat(average.module.weight)})

peak, final, steps = 0.1, 0.001, 8
optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=(final / peak) ** (1 / steps))
rates = []
for _ in range(steps):
    optimiser.step()
    schedule.step()
    rates.append(schedule.get_last_lr()[0])

with open("test/fixtures/nn/clipping-and-averaging.json", "w") as file:
    json.dump({
        "adaptive": {"factor": factor, "shapes": shapes, "weights": {p: flat(w) for p, w in weights.items()},
                     "gradients": {p: flat(g) for p, g in gradients.items()}, "clipped": clipped},
        "average": {"decay": decay, "updates": averages},
        "exponential": {"peak": peak, "final": final, "steps": steps, "rates": rates},
    }, file)
