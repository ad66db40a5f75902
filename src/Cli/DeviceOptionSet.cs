using System.CommandLine;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Cli;

/// <summary>The options that choose a device, shared by the commands that compute.</summary>
internal sealed class DeviceOptionSet
{
    private const string Reference = "reference";

    private readonly Option<string?> device = CreateDevice();
    private readonly Option<string?> precision = Cli.Options.OneOf("--precision", "Storage of activations and weights; sums are fp32 always. Default: auto, the device plan decides.", "auto", "fp16", "fp32");
    private readonly Option<double?> maxMemory = Cli.Options.Real("--max-memory", "GiB", "Use no more device memory than this.");

    public IEnumerable<Option> All => [device, precision, maxMemory];

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
            : new(isReference, new() { Selector = isReference ? null : selector, Precision = chosen, MaxMemoryGiB = memory });
    }

    private static Option<string?> CreateDevice()
        => Cli.Options.Text("--device", "DEVICE", "Index, part of the name or UUID of a Vulkan device (`hummingbird devices`), or reference: the CPU. Default: the best there is.");
}
