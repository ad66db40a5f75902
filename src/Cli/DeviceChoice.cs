using System.CommandLine;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Kernels;

namespace Hummingbird.Vulkan.Cli;

/// <summary>Where to compute: a Vulkan device, or the reference on the CPU.</summary>
/// <param name="IsReference">Plain loops on the CPU, in fp32: slow and exact.</param>
/// <param name="Options">For a Vulkan device.</param>
internal sealed record DeviceChoice(bool IsReference, DeviceOptions Options)
{
    /// <summary>What the video is made with again: fp16 or fp32, or auto where the device mixed them.</summary>
    public string PrecisionOf(StorageTypes storage) => Options.Precision switch
    {
        Precision.Fp16 => "fp16",
        Precision.Fp32 => "fp32",
        _ when storage.Activations != storage.Weights => "auto",
        _ => storage.Activations == DType.F16 ? "fp16" : "fp32",
    };

    /// <summary>Opens it; the device is ready when this returns.</summary>
    public OpenDevice Open(bool validation = false)
    {
        if (IsReference)
        {
            return new(null, null, new ReferenceBackend());
        }

        VulkanInstance vulkan = VulkanInstance.Create(validation);
        try
        {
            GpuDevice device = GpuDevice.Open(vulkan, Options);
            return new(vulkan, device, new GpuBackend(device, vulkan));
        }
        catch
        {
            vulkan.Dispose();
            throw;
        }
    }
}

/// <summary>An open device with all that must be closed after it.</summary>
internal sealed class OpenDevice(VulkanInstance? vulkan, GpuDevice? device, IGraphBackend backend) : IDisposable
{
    public VulkanInstance? Vulkan => vulkan;

    /// <summary>Null for the reference.</summary>
    public GpuDevice? Device => device;

    public IGraphBackend Backend => backend;

    public void Dispose()
    {
        backend.Dispose();
        device?.Dispose();
        vulkan?.Dispose();
    }
}

/// <summary>The options that choose a device, shared by the commands that compute.</summary>
internal sealed class DeviceOptionSet
{
    private const string Reference = "reference";

    private readonly Option<string?> device = CreateDevice();
    private readonly Option<string?> precision = Cli.Options.OneOf("--precision", "Storage of activations and weights; sums are fp32 always. Default: auto, the device plan decides.", "auto", "fp16", "fp32");
    private readonly Option<bool> yields = Cli.Options.Flag("--yield", "Leave the device to other programs for a moment behind every submit.");
    private readonly Option<double?> maxMemory = Cli.Options.Real("--max-memory", "GiB", "Use no more device memory than this.");

    public IEnumerable<Option> All => [device, precision, maxMemory, yields];

    public DeviceChoice Read(ParseResult parsed)
    {
        string? selector = parsed.GetValue(device);
        bool isReference = string.Equals(selector, Reference, StringComparison.OrdinalIgnoreCase);
        Precision chosen = parsed.GetValue(precision) switch { "fp16" => Precision.Fp16, "fp32" => Precision.Fp32, _ => Precision.Auto };
        if (isReference && chosen == Precision.Fp16)
        {
            throw new UsageException("--device reference computes in fp32: leave --precision fp16 out.");
        }

        double? memory = parsed.GetValue(maxMemory);
        return memory is <= 0
            ? throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--max-memory is {memory}; it must be more than 0 GiB."))
            : new(isReference, new() { Selector = isReference ? null : selector, Precision = chosen, MaxMemoryGiB = memory, Yield = parsed.GetValue(yields) });
    }

    private static Option<string?> CreateDevice()
        => Cli.Options.Text("--device", "DEVICE", "Index, part of the name or UUID of a Vulkan device (`hummingbird devices`), or reference: the CPU. Default: the best there is.");
}
