namespace Hummingbird.Vulkan.Engine.Schedulers;

/// <summary>What surrounds a network in the EDM framework at one noise level; D(x) = Skip x + Output F(Input x, Noise).</summary>
/// <param name="Input">c_in: factor of what the network reads.</param>
/// <param name="Skip">c_skip.</param>
/// <param name="Output">c_out; negative, since F estimates v = d^2 eps - sigma x.</param>
/// <param name="Target">c_nrm: F is Target times v at the optimum.</param>
/// <param name="Noise">c_noise: what the network is told of sigma.</param>
/// <param name="Weight">w: factor of the loss on F beside lambda.</param>
/// <param name="Lambda">Factor of the loss on D.</param>
public readonly record struct EdmScales(double Input, double Skip, double Output, double Target, double Noise, double Weight, double Lambda);

/// <summary>EDM's preconditioning for inputs scaled down by sigma_in: x_sigma = x / sigma_in + sigma eps. D estimates x, not x / sigma_in.</summary>
/// <remarks>Source: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, extended by Snap Video
/// (Menapace et al. 2024), table 1. With sigma_in = 1 this is EDM's own with F negated.</remarks>
/// <param name="SigmaIn">sigma_in: spatial magnification over 64 pixels times the square root of the frames.</param>
/// <param name="SigmaData">sigma_data: deviation of the data.</param>
public sealed record EdmPreconditioning(double SigmaIn, double SigmaData = 1)
{
    /// <param name="sigma">Noise level, positive.</param>
    public EdmScales At(double sigma)
    {
        double s2 = sigma * sigma, d2 = SigmaData * SigmaData, m = SigmaIn, both = Math.Sqrt(s2 + d2);
        double ratio = (s2 + d2) / (s2 + (d2 / m));
        return new(
            Input: 1 / Math.Sqrt((d2 / (m * m)) + s2),
            Skip: m * d2 / ((m * s2) + d2),
            Output: -m * sigma * SigmaData * both / (d2 + (m * s2)),
            Target: 1 / (SigmaData * both),
            Noise: Math.Log(sigma) / 4,
            Weight: ratio * ratio,
            Lambda: (1 / d2) + (1 / s2));
    }
}
