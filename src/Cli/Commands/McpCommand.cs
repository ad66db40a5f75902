using System.CommandLine;
using Hummingbird.Vulkan.Engine.Hub;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Server;
using Hummingbird.Vulkan.Server.Mcp;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>mcp</c>: tools for assistants, over standard input and output.</summary>
internal static class McpCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string?> data = Options.Text("--data", "FOLDER", "Where videos are kept. Default: hummingbird/mcp in your data folder.");
        Option<string?> models = Options.Text("--models", "FOLDER", "A folder of model folders to offer besides the embedded models and those that were pulled.");
        Option<string?> model = Options.Text("--model", "NAME", $"The model of videos that name none, one of those offered. Default: {ModelFolder.EmbeddedNames[0]}.");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "mcp",
            "Serve the Model Context Protocol on standard input and output: generate_video, list_models, device_info.",
            "hummingbird mcp",
            "hummingbird mcp --models models --data videos")
        {
            data, models, model,
        };
        foreach (Option option in device.All)
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            ServerOptions options = new()
            {
                DataFolder = parsed.GetValue(data) ?? ServeCommand.DefaultData("mcp"),
                ModelsFolder = ServeCommand.ModelsOf(parsed.GetValue(models)),
                Model = parsed.GetValue(model),
                Pulled = new(HubSettings.FromEnvironment().Cache),
                Device = device.Read(parsed),
                Say = terminal.Say,
            };
            using Interrupt interrupt = new(static () => { });
            using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
            VideoTools.RunAsync(options, input, output, interrupt.Token).GetAwaiter().GetResult();
            return ExitCodes.Done;
        });
        return command;
    }
}
