namespace Hummingbird.Vulkan.Kernels;

/// <summary>Functions fused behind a norm, a convolution or a linear layer. The numbers are those of the shaders.</summary>
public enum Activation
{
    None = 0,

    /// <summary>x * sigmoid(x); torch.nn.functional.silu.</summary>
    Silu = 1,

    /// <summary>Exact (erf) GELU; torch.nn.functional.gelu.</summary>
    GeluErf = 2,

    /// <summary>value * gelu_erf(gate), the output's columns computed from the weight's first and second half of rows.</summary>
    Geglu = 3,

    /// <summary>x * sigmoid(1.702 x), the GELU of OpenAI's CLIP.</summary>
    QuickGelu = 4,
}
