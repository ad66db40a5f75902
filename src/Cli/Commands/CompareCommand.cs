using System.CommandLine;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>compare A B</c>: how far the tensors of two safetensors files are apart.</summary>
internal static class CompareCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> first = new("A") { Description = "The reference, a .safetensors file." };
        Argument<string> second = new("B") { Description = "The file to judge." };
        Option<double?> tolerance = Options.Real("--tolerance", "NMSE", "Largest normalised mean squared error of a tensor that passes. Default: 0, equal values.");
        CommandWithExamples command = new(
            "compare",
            "Compare two safetensors files tensor by tensor; exit code 1 when one is over the tolerance or names or shapes differ.",
            "hummingbird compare latents.gpu.safetensors latents.torch.safetensors --tolerance 1e-4")
        {
            first, second, tolerance,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(first), parsed.GetRequiredValue(second), parsed.GetValue(tolerance) ?? 0, terminal));
        return command;
    }

    private static int Run(string first, string second, double tolerance, Terminal terminal)
    {
        if (tolerance < 0)
        {
            throw new UsageException($"--tolerance is {tolerance}; it must be 0 or more.");
        }

        using SafetensorsFile a = SafetensorsFile.Open(first), b = SafetensorsFile.Open(second);
        int width = Math.Max("tensor".Length, a.Tensors.Keys.Concat(b.Tensors.Keys).Select(n => n.Length).DefaultIfEmpty().Max());
        terminal.Out.WriteLine($"{"tensor".PadRight(width)}  {"max abs",10}  {"NMSE",10}  {"PSNR",9}");
        int wrong = 0;
        foreach (TensorDifference difference in TensorComparison.Compare(a, b))
        {
            bool passes = difference.Problem is null && difference.Nmse <= tolerance;
            wrong += passes ? 0 : 1;
            terminal.Out.WriteLine($"{Terminal.Printable(difference.Name).PadRight(width)}  {Figures(difference)}{(passes ? "" : "  !")}");
        }

        terminal.Out.WriteLine(wrong == 0
            ? $"{a.Tensors.Count} tensors agree within NMSE {tolerance:g3}."
            : $"{wrong} tensors differ by more than NMSE {tolerance:g3}, or in name or shape.");
        return wrong == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static string Figures(TensorDifference d)
        => d.Problem ?? $"{d.MaxAbs,10:0.###e+0}  {d.Nmse,10:0.###e+0}  {(double.IsInfinity(d.Psnr) ? "equal" : $"{d.Psnr:0.0} dB"),9}";
}
