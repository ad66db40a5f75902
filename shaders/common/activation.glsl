// Activations fused behind other work; the numbers are those of Activation in src/Kernels.
#define ACTIVATION_NONE 0
#define ACTIVATION_SILU 1
#define ACTIVATION_GELU_ERF 2
#define ACTIVATION_GEGLU 3
#define ACTIVATION_QUICK_GELU 4

float silu(float x) { return x / (1.0 + exp(-x)); }

// Half of the complementary error function of |x| / sqrt(2): what a normal variable has beyond |x|. Abramowitz and Stegun
// 7.1.26, absolute error 8e-8; the exponential is of base two, which devices have.
float normal_tail(float x)
{
    float t = 1.0 / (1.0 + 0.23164189 * abs(x));
    float sum = t * (0.127414796 + t * (-0.142248368 + t * (0.710706871 + t * (-0.726576014 + t * 0.530702716))));
    return sum * exp2(x * x * -0.72134752);
}

// x times the normal distribution's function at x, to 2.2e-7: as near as fp32 comes by the error function, at half the price.
float gelu_erf(float x) { return max(x, 0.0) - abs(x) * normal_tail(x); }

float activate(float x, int activation)
{
    return activation == ACTIVATION_SILU ? silu(x)
        : activation == ACTIVATION_GELU_ERF ? gelu_erf(x)
        : activation == ACTIVATION_QUICK_GELU ? x / (1.0 + exp(-1.702 * x))
        : x;
}
