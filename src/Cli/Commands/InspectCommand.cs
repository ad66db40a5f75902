using System.CommandLine;
using Hummingbird.Vulkan.Engine.Media;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>inspect FILE</c>: what a video was made with, or what weights hold.</summary>
internal static class InspectCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> path = new("FILE") { Description = "A video, a folder of frames, a file of weights (told by content), a model folder, OWNER/REPO/FILE that was pulled, or an embedded model." };
        Option<bool> json = Options.Flag("--json", "A video's metadata as JSON.");
        Option<bool> tensors = Options.Flag("--tensors", "List every tensor with type and shape.");
        CommandWithExamples command = new(
            "inspect",
            "Show what a video was made with and the command that makes it again, or what a weights file or model folder holds.",
            "hummingbird inspect out.mp4",
            "hummingbird inspect models/nano",
            "hummingbird inspect 07B_merged_all.pt",
            "hummingbird inspect unet/diffusion_pytorch_model.safetensors --tensors")
        {
            path, json, tensors,
        };
        command.SetAction(parsed =>
        {
            string target = parsed.GetRequiredValue(path);
            target = ModelFolder.IsEmbedded(target) ? target : PulledFiles.Source(target);
            if (ModelFolder.IsEmbedded(target) || File.Exists(Path.Combine(target, "model_index.json")))
            {
                ShowModel(target, parsed.GetValue(tensors), terminal.Out);
            }
            else if (CheckpointView.IsWeights(target))
            {
                using Interrupt interrupt = new(() => terminal.Say("stopping."));
                CheckpointView.Show(target, parsed.GetValue(tensors), terminal.Out, interrupt.Token);
            }
            else
            {
                ShowVideo(target, parsed.GetValue(json), terminal.Out);
            }
        });
        return command;
    }

    private static void ShowVideo(string path, bool asJson, TextWriter output)
    {
        GenerationMetadata metadata = MetadataReader.Read(path)
            ?? throw new MediaException($"'{path}' holds no metadata of this engine and there is no '{VideoSink.SidecarPath(path)}' beside it.");
        if (asJson)
        {
            output.WriteLine(metadata.ToJson(indented: true));
            return;
        }

        output.WriteLine(Terminal.Printable(metadata.ToParametersText().Replace("\n", " | ", StringComparison.Ordinal)));
        output.WriteLine();
        output.WriteLine("Made again by:");
        output.WriteLine(metadata.ToCommandLine());
    }

    private static void ShowModel(string path, bool listsTensors, TextWriter output)
    {
        using ModelFolder model = ModelFolder.Open(path);
        ModelSummary summary = ModelSummary.Of(model);
        GenerationDefaults defaults = model.Index.Defaults;
        output.WriteLine($"{model.DisplayName}: {summary.Family}, {Figures.Count(summary.Parameters)} parameters, {Figures.Bytes(summary.Bytes)}");
        output.WriteLine($"defaults: {defaults.Width}x{defaults.Height}, {defaults.Frames} frames, {defaults.Fps} fps, {defaults.Steps} steps, "
            + $"guidance {defaults.GuidanceScale}, {Terminal.Printable(defaults.Sampler)}");
        foreach (WeightSummary component in summary.Components)
        {
            CheckpointView.Show(component, output);
        }

        output.WriteLine($"sha256 {model.Hash}");
        if (listsTensors)
        {
            foreach (IWeightSource source in (IWeightSource[])[model.TextEncoder, model.UNet, model.Vae])
            {
                ListTensors(source, output);
            }
        }
    }

    private static void ListTensors(IWeightSource source, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(source.DisplayName);
        foreach (string name in source.Names.Order(StringComparer.Ordinal))
        {
            WeightTensor tensor = new WeightScope(source).Get(name);
            output.WriteLine($"  {tensor.Type,-4} [{string.Join(", ", tensor.Shape)}] {Terminal.Printable(name)}");
        }
    }
}
