namespace Hummingbird.Vulkan.Engine.Generation;

/// <summary>What to generate. Everything is decided here: defaults were filled in from the model before.</summary>
/// <param name="Prompt">The sentence.</param>
/// <param name="NegativePrompt">What to steer away from; only for models guided by two network calls.</param>
/// <param name="Seed">Of torch's CPU generator: the same seed gives the same noise as in PyTorch.</param>
/// <param name="Steps">num_inference_steps.</param>
/// <param name="Frames">num_frames.</param>
/// <param name="Fps">Frames per second: fed to the network and written to the container.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="GuidanceScale">guidance_scale: an input of distilled models, the strength of classifier-free guidance for others.</param>
/// <param name="Scheduler">"lcm" or "ddim".</param>
public sealed record GenerationRequest(
    string Prompt,
    string NegativePrompt,
    long Seed,
    int Steps,
    int Frames,
    int Fps,
    int Width,
    int Height,
    double GuidanceScale,
    string Scheduler)
{
    /// <summary>Which stages of a cascade run; for MagicVideo only.</summary>
    public GenerationStages Stages { get; init; }

    /// <summary>Where noise comes from when not from the seed: the start, then one tensor per step.</summary>
    public INoiseSource? Noise { get; init; }
}

/// <summary>A request that the model cannot fulfil; the message says what is allowed.</summary>
/// <param name="parameter">The value at fault, in snake_case; null where it is the noise.</param>
public sealed class GenerationException(string? parameter, string message) : Exception(message)
{
    public string? Parameter => parameter;

    /// <summary>The message without the parameter's name in front, so that a front end can name it its own way; null when it is not there.</summary>
    public string? Problem { get; private init; }

    /// <summary>"width" with "is 65; ..." says "width is 65; ...".</summary>
    public static GenerationException Of(string parameter, string problem) => new(parameter, $"{parameter} {problem}") { Problem = problem };
}
