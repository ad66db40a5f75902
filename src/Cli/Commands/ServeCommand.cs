using System.CommandLine;
using System.Net;
using System.Text;
using Hummingbird.Vulkan.Engine.Hub;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.Server;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>serve</c>: the page and the HTTP API, until Ctrl-C.</summary>
internal static class ServeCommand
{
    private const string TokenVariable = "HUMMINGBIRD_TOKEN";
    private const int LongestToken = 4096;

    public static Command Create(Terminal terminal)
    {
        Option<int?> port = Options.Int("--port", "N", $"Port. Default: {ServerOptions.DefaultPort}; 0 takes a free one.");
        Option<string?> host = Options.Text("--host", "ADDRESS", $"Address to listen on. Default: this machine alone. Another address needs a token, from --token-file or the variable {TokenVariable}.");
        Option<string?> tokenFile = Options.Text("--token-file", "FILE", "A file that holds the token every request must show.");
        Option<string?> data = Options.Text("--data", "FOLDER", "Where videos are kept. Default: hummingbird/videos in your data folder.");
        Option<string?> models = Options.Text("--models", "FOLDER", "A folder of model folders to offer besides the embedded models and those that were pulled.");
        Option<string?> model = Options.Text("--model", "NAME", $"The model of requests that name none, one of those offered. Default: {ModelFolder.EmbeddedNames[0]}.");
        Option<int?> queue = Options.Int("--queue", "N", "Videos that may wait while one is made. Default: 8.");
        Option<int?> keep = Options.Int("--keep", "N", "Finished videos to keep. Default: 200.");
        Option<double?> keepSize = Options.Real("--keep-size", "GiB", "Finished videos to keep, by size. Default: 4.");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "serve",
            "Serve a page and an HTTP API (OpenAI's videos) on this machine.",
            "hummingbird serve",
            "hummingbird serve --port 8080 --models models",
            $"{TokenVariable}=secret hummingbird serve --host 192.168.1.10")
        {
            port, host, tokenFile, data, models, model, queue, keep, keepSize,
        };
        foreach (Option option in device.All)
        {
            command.Add(option);
        }

        command.SetAction(parsed => Run(
            new()
            {
                Port = InRange("--port", parsed.GetValue(port) ?? ServerOptions.DefaultPort, 0, 65535),
                Address = AddressOf(parsed.GetValue(host)),
                Token = TokenOf(parsed.GetValue(tokenFile)),
                DataFolder = parsed.GetValue(data) ?? DefaultData("videos"),
                ModelsFolder = ModelsOf(parsed.GetValue(models)),
                Model = parsed.GetValue(model),
                Pulled = new(HubSettings.FromEnvironment().Cache),
                QueueLength = InRange("--queue", parsed.GetValue(queue) ?? 8, 1, 1000),
                KeepVideos = InRange("--keep", parsed.GetValue(keep) ?? 200, 1, 100_000),
                KeepBytes = parsed.GetValue(keepSize) is double gib ? gib > 0 ? (long)Math.Min(gib * (1L << 30), long.MaxValue / 2) : throw new UsageException($"--keep-size is {gib}; it must be more than 0 GiB.") : 4L << 30,
                Device = device.Read(parsed),
                Say = terminal.Say,
            },
            terminal));
        return command;
    }

    private static int Run(ServerOptions options, Terminal terminal)
    {
        using Interrupt interrupt = new(() => terminal.Say("stopping after the work in flight; once more to end at once."));
        ServeAsync(options, terminal, interrupt.Token).GetAwaiter().GetResult();
        return ExitCodes.Done;
    }

    private static async Task ServeAsync(ServerOptions options, Terminal terminal, CancellationToken cancellation)
    {
        await using VideoServer server = new(options);
        await server.StartAsync(cancellation);
        if (options.Address is { } address && !IPAddress.IsLoopback(address))
        {
            terminal.Say($"WARNING: others can reach this server at {address}, and what they send and get is not encrypted. They need the token; a browser gets it by opening /?token=TOKEN once.");
        }

        terminal.Out.WriteLine(string.Join(' ', server.Addresses));
        terminal.Out.Flush();
        terminal.Say($"open {server.Addresses[0]} in a browser; Ctrl-C ends.");

        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C: the way a server ends.
        }
    }

    private static int InRange(string name, int value, int least, int most)
        => value >= least && value <= most ? value : throw new UsageException($"{name} is {value}; it must be between {least} and {most}.");

    private static IPAddress? AddressOf(string? host) => host switch
    {
        null or "localhost" => null,
        _ => IPAddress.TryParse(host, out IPAddress? address) ? address : throw new UsageException($"--host is '{host}'; it must be an address such as 127.0.0.1 or 192.168.1.10."),
    };

    private static string? TokenOf(string? file)
    {
        string? token = file is null ? Environment.GetEnvironmentVariable(TokenVariable) : ReadToken(file);
        return string.IsNullOrWhiteSpace(token)
            ? file is null ? null : throw new UsageException($"--token-file: '{file}' holds no token.")
            : token.Trim();
    }

    private static string ReadToken(string file)
    {
        using FileStream stream = File.OpenRead(file);
        byte[] bytes = new byte[LongestToken];
        return Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }

    internal static string? ModelsOf(string? folder)
        => folder is null || Directory.Exists(folder) ? folder : throw new UsageException($"--models: there is no folder '{folder}'.");

    internal static string DefaultData(string name)
    {
        string root = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(root.Length > 0 ? root : ".", "hummingbird", name);
    }
}
