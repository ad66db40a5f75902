// Activations fused behind other work; the numbers are those of Activation in src/Kernels.
#define ACTIVATION_NONE 0
#define ACTIVATION_SILU 1
#define ACTIVATION_GELU_ERF 2
#define ACTIVATION_GEGLU 3
#define ACTIVATION_QUICK_GELU 4

float silu(float x) { return x / (1.0 + exp(-x)); }

// The error function to about 2e-7. Near zero a Taylor polynomial keeps the relative error small where erf(x) ~ x;
// beyond it 1 - erfc with the Chebyshev fit of erfc (Numerical Recipes' erfcc, 1.2e-7 relative).
float erf_f32(float x)
{
    float a = abs(x);
    float s = x * x;
    float near = x * (1.1283791671 + s * (-0.3761263890 + s * (0.1128379167 + s * (-0.0268661706 + s * (0.0052239776
        - s * 0.0008548327)))));
    float t = 1.0 / (1.0 + 0.5 * a);
    float erfc = t * exp(-s - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
        + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
    return a < 0.5 ? near : sign(x) * (1.0 - erfc);
}

float gelu_erf(float x) { return 0.5 * x * (1.0 + erf_f32(x * 0.70710678118654752)); }

float activate(float x, int activation)
{
    return activation == ACTIVATION_SILU ? silu(x)
        : activation == ACTIVATION_GELU_ERF ? gelu_erf(x)
        : activation == ACTIVATION_QUICK_GELU ? x / (1.0 + exp(-1.702 * x))
        : x;
}
