using System.CommandLine;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Kernels;
using Hummingbird.Vulkan.WeightsConverter;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>convert SOURCE... -o FOLDER</c>: published checkpoints become a model folder.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> sources = new("SOURCE") { Description = "Checkpoint files (.pt, .ckpt, .pth, .bin, .safetensors; told by content), model folders, or OWNER/REPO/FILE of a pulled repository. A later one's networks replace an earlier one's.", Arity = ArgumentArity.OneOrMore };
        Option<string> output = new("--output", "-o") { Description = "The model folder to write, or a .safetensors file that takes one source's tensors as they are.", HelpName = "PATH", Required = true };
        Option<string?> type = new("--dtype") { Description = "Type of the written weights. Default: as stored.", HelpName = "fp16|bf16|fp32" };
        Option<string?> vocabulary = new("--vocab") { Description = "The vocabulary: a model folder, CLIP's bpe_simple_vocab_16e6.txt.gz or T5's spiece.model. Default: looked for beside the sources.", HelpName = "PATH" };
        Option<string?> prune = new("--prune") { Description = "From VideoCrafter2, the initialisation of a pruned student.", HelpName = "0.7b|0.9b" };
        Option<string?> like = new("--like") { Description = "A model folder that says what shapes do not: heads, groups, sampler.", HelpName = "FOLDER" };
        Option<string[]> pack = new("--pack") { Description = "Also write the weights packed as a family of kernels wants them, so that they load without being packed. May be given more than once.", HelpName = "gather|ldv|tiled|coopmat", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> dryRun = Options.Flag("--dry-run", "Say what would be written, and write nothing.");
        Option<bool> inert = Options.Flag("--inert-objects", "Read tensors also from files with foreign objects beside them; nothing in them is ever run.");
        CommandWithExamples command = new(
            "convert",
            "Turn published checkpoints into a model folder. Nothing in a checkpoint is ever run.",
            "hummingbird convert 07B_merged_all.pt -o models/hummingbird-0.7b --dtype fp16",
            "hummingbird convert model.ckpt unet_lora.pt -o models/vc2-turbo",
            "hummingbird convert model.ckpt --prune 0.7b -o models/student")
        {
            sources, output, type, vocabulary, prune, like, pack, dryRun, inert,
        };
        command.SetAction(parsed =>
        {
            ConversionRequest request = new(
                [.. parsed.GetRequiredValue(sources).Select(PulledFiles.Source)], parsed.GetRequiredValue(output), TypeOf(parsed.GetValue(type)), parsed.GetValue(vocabulary),
                PruneOf(parsed.GetValue(prune)), parsed.GetValue(like), parsed.GetValue(dryRun), parsed.GetValue(inert), [.. (parsed.GetValue(pack) ?? []).Select(FamilyOf)]);
            Run(request, terminal);
        });
        return command;
    }

    private static void Run(ConversionRequest request, Terminal terminal)
    {
        using Interrupt interrupt = new(() => terminal.Say("stopping; nothing was changed."));
        ConversionReport report = Converter.Run(request, new ConversionView(terminal), interrupt.Token);
        terminal.Out.WriteLine($"{request.Output}: {report.Family}, {Figures.Bytes(report.Bytes)}{(request.IsDryRun ? ", dry run, nothing was written" : "")}");
        foreach (WeightSummary component in report.Components)
        {
            terminal.Out.WriteLine($"{Terminal.Printable(component.Name)}: {component.Tensors} tensors, {Figures.Count(component.Parameters)} parameters, {Figures.Bytes(component.Bytes)}, {string.Join(" and ", component.Types)}");
        }

        foreach (string note in report.Notes)
        {
            terminal.Say(note);
        }
    }

    private static WeightType? TypeOf(string? text) => text switch
    {
        null => null,
        "fp16" => WeightType.F16,
        "bf16" => WeightType.BF16,
        "fp32" => WeightType.F32,
        _ => throw new UsageException($"--dtype is '{text}'; it must be fp16, bf16 or fp32."),
    };

    private static MatrixFamily FamilyOf(string text) => PackedWeights.Families.TryGetValue(text, out MatrixFamily family) ? family
        : throw new UsageException($"--pack is '{text}'; it must be {string.Join(", ", PackedWeights.Families.Keys.Order(StringComparer.Ordinal))}.");

    private static PruneTarget? PruneOf(string? text) => text?.ToUpperInvariant() switch
    {
        null => null,
        "0.7B" => PruneTarget.Hummingbird07B,
        "0.9B" => PruneTarget.Hummingbird09B,
        _ => throw new UsageException($"--prune is '{text}'; it must be 0.7b or 0.9b."),
    };

    private sealed class ConversionView(Terminal terminal) : IProgress<ConversionProgress>
    {
        private readonly ByteProgress line = new(terminal);

        public void Report(ConversionProgress value) => line.Report("converting", value.BytesDone, value.BytesTotal);
    }
}
