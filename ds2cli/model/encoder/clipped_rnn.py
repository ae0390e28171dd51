"""The paper's recurrence, clipped rectifiers, all directions of a layer in one loop (Amodei et al. 2016, section 3.1).

h_t = min(max(x_t + U h_{t-1}, 0), clip). Autograd would record every step and multiply U's gradient out frame by frame;
here a step is two kernels forward and two backward, and U's gradient is one product over all frames.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def clipped_rnn(inputs: Tensor, weights: Tensor, clip: float) -> Tensor:
    """inputs   (T, D, B, H) what arrives at each step, of D directions
    weights  (D, H, H) from each state to the next
    clip     the highest value of a state; inf where there is none
    returns  (T, D, B, H) states; the first follows a state of zeros
    """
    device = inputs.device.type
    if torch.is_autocast_enabled(device):
        inputs, weights = (tensor.to(torch.get_autocast_dtype(device)) for tensor in (inputs, weights))
    return _Rectified.apply(inputs, weights, clip)


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs: Tensor, weights: Tensor, clip: float) -> Tensor:
        turned, states = weights.transpose(1, 2).contiguous(), torch.empty_like(inputs)
        before = torch.zeros_like(inputs[0])
        for now, state in zip(inputs, states, strict=True):
            before = torch.baddbmm(now, before, turned, out=state).clamp_(0.0, clip)
        ctx.save_for_backward(states, weights)
        ctx.clip = clip
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        states, weights = ctx.saved_tensors
        passes = ((states > 0) & (states < ctx.clip)).to(gradient.dtype)
        arriving = torch.empty_like(gradient)
        after = torch.zeros_like(gradient[0])
        for t in range(len(states) - 1, -1, -1):
            after = torch.baddbmm(gradient[t], after, weights, out=arriving[t]).mul_(passes[t])
        # (T - 1, D, B, H) twice -> (D, H, H): what each state gave to the next.
        given = torch.einsum("tdbi,tdbj->dij", arriving[1:], states[:-1])
        return arriving, given, None
