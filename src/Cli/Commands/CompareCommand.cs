using System.CommandLine;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>compare A B</c>: how far the tensors of two files or model folders are apart.</summary>
internal static class CompareCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> first = new("A") { Description = "The reference: a .safetensors file, a checkpoint, a model folder, or OWNER/REPO that was pulled." };
        Argument<string> second = new("B") { Description = "What to judge, of any of these forms. Beside a folder a checkpoint is taken apart into its networks." };
        Option<double?> tolerance = Options.Real("--tolerance", "NMSE", "Largest normalised mean squared error of a tensor that passes. Default: 0, equal values.");
        CommandWithExamples command = new(
            "compare",
            "Compare two files of weights or model folders tensor by tensor, as fp32; exit code 1 when one is over the tolerance or names or shapes differ.",
            "hummingbird compare latents.gpu.safetensors latents.torch.safetensors --tolerance 1e-4",
            "hummingbird compare 07B_merged_all.pt my-model")
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

        (string pathA, string pathB) = (PulledFiles.Source(first), PulledFiles.Source(second));
        bool areModels = Directory.Exists(pathA) || Directory.Exists(pathB);
        using CheckpointSource a = Open(pathA, areModels), b = Open(pathB, areModels);
        int width = Math.Max("tensor".Length, a.Names.Concat(b.Names).Select(n => n.Length).DefaultIfEmpty().Max());
        terminal.Out.WriteLine($"{"tensor".PadRight(width)}  {"max abs",10}  {"NMSE",10}  {"PSNR",9}");
        int wrong = 0;
        foreach (TensorDifference difference in TensorComparison.Compare(a, b))
        {
            bool passes = difference.Problem is null && difference.Nmse <= tolerance;
            wrong += passes ? 0 : 1;
            terminal.Out.WriteLine($"{Terminal.Printable(difference.Name).PadRight(width)}  {Figures(difference)}{(passes ? "" : "  !")}");
        }

        terminal.Out.WriteLine(wrong == 0
            ? $"{a.Names.Count()} tensors agree within NMSE {tolerance:g3}."
            : $"{wrong} tensors differ by more than NMSE {tolerance:g3}, or in name or shape.");
        return wrong == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static CheckpointSource Open(string path, bool asModel) => asModel ? CheckpointSource.OpenModel(path) : CheckpointSource.OpenFile(path);

    private static string Figures(TensorDifference d)
        => d.Problem ?? $"{d.MaxAbs,10:0.###e+0}  {d.Nmse,10:0.###e+0}  {(double.IsInfinity(d.Psnr) ? "equal" : $"{d.Psnr:0.0} dB"),9}";
}
