using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Schedulers;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Server.Jobs;

namespace Hummingbird.Vulkan.Server.Api;

/// <summary>From what a client asks to what will be made: defaults filled in, every number bounded, alone and together.</summary>
internal sealed class Admission(ModelCatalog catalog, WorkerDevice device)
{
    public const int MaxPromptLength = 4000;

    /// <summary>Width x height x frames: 26 frames of 1600 x 1600, or 1024 of 256 x 256.</summary>
    public const long MaxPixels = 1 << 26;

    /// <summary>Pixels x steps: what a queue for several people can bear.</summary>
    public const long MaxPixelSteps = 1L << 31;

    /// <summary>Whole numbers up to here survive JSON in every language.</summary>
    public const long MaxSeed = (1L << 53) - 1;

    private const int MaxKnownPlans = 256;

    private readonly ConcurrentDictionary<(string, int, int, int, int), long> peaks = new();

    /// <exception cref="ApiException">400, with the field and what is allowed.</exception>
    public VideoSettings Admit(VideoRequest asked)
    {
        CatalogModel model = asked.Model is null ? catalog.Default : catalog.Find(asked.Model)
            ?? throw ApiException.Invalid("model", $"There is no model '{ServerLog.Line(asked.Model)}'; there are {string.Join(", ", catalog.List().Select(m => m.Name))}.");
        GenerationDefaults defaults = model.Description.Index.Defaults;
        (int width, int height) = SizeOf(asked, defaults);
        int fps = asked.Fps ?? defaults.Fps;
        VideoSettings settings = new(
            TextOf("prompt", asked.Prompt), TextOf("negative_prompt", asked.NegativePrompt ?? defaults.NegativePrompt), model.Name, SeedOf(asked.Seed),
            asked.NumInferenceSteps ?? defaults.Steps, FramesOf(asked, defaults, fps), fps, width, height,
            asked.GuidanceScale ?? defaults.GuidanceScale, asked.Scheduler ?? defaults.Sampler, asked.OutputFormat ?? OutputFormat.Mp4, asked.EmbedMetadata ?? false);
        try
        {
            RequestCheck.Validate(settings.Request, model.Description);
            CheckWork(settings);
            Samplers.Create(model.Description.SchedulerConfig, settings.Scheduler, settings.Steps);
        }
        catch (GenerationException error)
        {
            throw ApiException.Invalid(ApiNameOf(error.Parameter), PublicText.Of(error.Problem is null ? error.Message : $"{ApiNameOf(error.Parameter)} {error.Problem}"));
        }
        catch (SchedulerException error)
        {
            throw ApiException.Invalid(Samplers.Names.Contains(settings.Scheduler) ? "num_inference_steps" : "scheduler", error.Message);
        }

        return settings;
    }

    /// <summary>Whether the device has the memory; known without reading a weight.</summary>
    /// <exception cref="ApiException">400, with the sizes.</exception>
    public void CheckMemory(VideoSettings settings)
    {
        if (device.Gpu is not { } gpu || catalog.Find(settings.Model) is not { } model)
        {
            return;
        }

        long peak = PeakOf(settings, model.Description, gpu);
        if (peak > gpu.Plan.MemoryBudgetInBytes)
        {
            throw ApiException.Invalid("width", string.Create(CultureInfo.InvariantCulture,
                $"{settings.Frames} frames of {settings.Width}x{settings.Height} need {peak / 1048576.0:0} MiB of device memory, {gpu.Plan.MemoryBudgetInBytes / 1048576.0:0} MiB may be used. Fewer frames or a smaller size need less."));
        }
    }

    private long PeakOf(VideoSettings settings, ModelFolder model, GpuDevice gpu)
    {
        (string, int, int, int, int) key = (settings.Model, settings.Width, settings.Height, settings.Frames, settings.Steps);
        if (peaks.TryGetValue(key, out long peak))
        {
            return peak;
        }

        peak = GenerationPlan.Create(
            settings.Request, model, new StorageTypes(gpu.Plan.ActivationType, gpu.Plan.WeightType), gpu.Plan.Target, gpu.Plan.ChunkSizeInBytes).PeakMemoryInBytes;
        if (peaks.Count >= MaxKnownPlans)
        {
            peaks.Clear();
        }

        return peaks[key] = peak;
    }

    private static void CheckWork(VideoSettings s)
    {
        long pixels = (long)s.Width * s.Height * s.Frames;
        if (pixels > MaxPixels)
        {
            throw ApiException.Invalid("num_frames", $"{s.Frames} frames of {s.Width}x{s.Height} are {pixels} pixels; together they may have {MaxPixels}.");
        }

        if (pixels * s.Steps > MaxPixelSteps)
        {
            throw ApiException.Invalid("num_inference_steps", $"{s.Steps} steps of {pixels} pixels are more than this server takes on: pixels x steps may be {MaxPixelSteps}.");
        }
    }

    private static string TextOf(string field, string? text)
    {
        if (text is null)
        {
            return "";
        }

        return text.Length > MaxPromptLength
            ? throw ApiException.Invalid(field, $"{field} has {text.Length} characters; it may have {MaxPromptLength}.")
            : text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
                ? throw ApiException.Invalid(field, $"{field} holds a control character.")
                : text;
    }

    private static long SeedOf(long? seed) => seed switch
    {
        null or -1 => RandomNumberGenerator.GetInt32(int.MaxValue),
        < -1 or > MaxSeed => throw ApiException.Invalid("seed", $"seed is {seed}; it must be -1 (drawn) or between 0 and {MaxSeed}."),
        long given => given,
    };

    private static (int Width, int Height) SizeOf(VideoRequest asked, GenerationDefaults defaults)
    {
        if (asked.Size is null)
        {
            return (asked.Width ?? defaults.Width, asked.Height ?? defaults.Height);
        }

        string[] sides = asked.Size.Split('x');
        return sides.Length == 2 && IsSide(sides[0], out int width) && IsSide(sides[1], out int height)
            && (asked.Width ?? width) == width && (asked.Height ?? height) == height
            ? (width, height)
            : throw ApiException.Invalid("size", "size must be width and height such as 512x320, and agree with width and height where they are given.");
    }

    private static bool IsSide(string text, out int side) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side <= RequestCheck.MaxSide;

    private static int FramesOf(VideoRequest asked, GenerationDefaults defaults, int fps)
    {
        if (asked.Seconds is not double seconds)
        {
            return asked.NumFrames ?? defaults.Frames;
        }

        double frames = Math.Round(seconds * fps);
        return !double.IsFinite(frames) || frames < 1 || frames > RequestCheck.MaxFrames || (asked.NumFrames ?? frames) != frames
            ? throw ApiException.Invalid("seconds", $"seconds x fps must be 1 to {RequestCheck.MaxFrames} frames, and agree with num_frames where it is given.")
            : (int)frames;
    }

    private static string? ApiNameOf(string? engineName) => engineName switch
    {
        "frames" => "num_frames",
        "steps" => "num_inference_steps",
        _ => engineName,
    };
}
