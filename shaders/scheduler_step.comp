#version 460
// scheduler_step: y = c0 * sample + c1 * e + c2 * noise, e = uncond + guidance_scale * (epsilon - uncond) when guided.
//
// All operands fp32 of one shape; coefficients [R, 4] of which row `row` is (c0, c1, c2, guidance_scale).
// Constants: 0 workgroup size.
// Ladder: v1 four values per invocation.
#include "common/types.glsl"
#include "common/flat.glsl"

#define VALUES 4

layout(push_constant, scalar) uniform Push
{
    uint64_t latents; // `sample` of the descriptor: that word is reserved in GLSL
    uint64_t epsilon;
    uint64_t epsilon_uncond;
    uint64_t noise;
    uint64_t coefficients;
    uint64_t y;
    uint count;
    uint row;
    uint guided;
    uint noisy;
    uint fold;
};

void main()
{
    F32 c = F32(coefficients + row * 16);
    float of_sample = c.v[0], of_epsilon = c.v[1], of_noise = c.v[2], guidance_scale = c.v[3];
    uint first = flat_first(VALUES, fold);
    [[unroll]] for (uint j = 0; j < VALUES; j++)
    {
        uint i = first + j * WORKGROUP_SIZE;
        if (i < count)
        {
            float predicted = load_f32(epsilon, i);
            if (guided != 0)
            {
                float unconditional = load_f32(epsilon_uncond, i);
                predicted = unconditional + guidance_scale * (predicted - unconditional);
            }
            float value = of_sample * load_f32(latents, i) + of_epsilon * predicted;
            if (noisy != 0) value += of_noise * load_f32(noise, i);
            F32(y).v[i] = value;
        }
    }
}
