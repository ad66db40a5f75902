using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>The program as users start it, on a free port with a data folder of its own; can be killed and started again.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>A variable of the process that no answer may show.</summary>
    public const string Secret = "s3cret-of-the-environment";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string[] options;
    private readonly (string Name, string Value)[] environment;
    private readonly ConcurrentQueue<string> said = new();
    private Process? process;

    public ServerProcess(string[]? options = null, params (string Name, string Value)[] environment)
    {
        (this.options, this.environment) = (options ?? [], environment);
        Data = Directory.CreateTempSubdirectory("hummingbird-server-").FullName;
        Port = FreePort();
        Client = new(new SocketsHttpHandler { MaxConnectionsPerServer = 90 }) { BaseAddress = new($"http://127.0.0.1:{Port}"), Timeout = Patience };
    }

    public string Data { get; }

    public int Port { get; }

    public HttpClient Client { get; }

    public int ProcessId => process!.Id;

    /// <summary>All it has written, both streams.</summary>
    public string Output => string.Join('\n', said);

    public async Task StartAsync()
    {
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        ProcessStartInfo start = new(dotnet, [Path.Combine(AppContext.BaseDirectory, "hummingbird.dll"), "serve", "--port", $"{Port}", "--model", "nano", .. options.Contains("--data") ? [] : (string[])["--data", Data], .. options])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["PLANTED_SECRET"] = Secret;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        process = Process.Start(start)!;
        TaskCompletionSource listening = new();
        process.OutputDataReceived += (_, line) =>
        {
            said.Enqueue(line.Data ?? "");
            listening.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await listening.Task.WaitAsync(Patience);
        Assert.True(Output.Contains("http://", StringComparison.Ordinal), Output);
    }

    /// <summary>SIGKILL: no chance to tidy up.</summary>
    public void Kill()
    {
        process!.Kill();
        process.WaitForExit();
    }

    /// <summary>Ctrl-C, or what an init system sends.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(string signal = "-INT")
    {
        using Process kill = Process.Start("kill", [signal, $"{ProcessId}"]);
        using CancellationTokenSource limit = new(Patience);
        await process!.WaitForExitAsync(limit.Token);
        return process.ExitCode;
    }

    /// <summary>Processes whose parent is the server.</summary>
    public int[] Children() =>
    [
        .. Process.GetProcesses().Select(p => p.Id).Where(id =>
        {
            try
            {
                string stat = File.ReadAllText($"/proc/{id}/stat");
                return stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not "Z", var parent, ..] && parent == $"{ProcessId}";
            }
            catch (IOException)
            {
                return false;
            }
        }),
    ];

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (process is { HasExited: false })
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process?.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

/// <summary>One server that the tests of a collection share, one after another.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public ServerProcess Process { get; } = new();

    public HttpClient Client => Process.Client;

    public async ValueTask InitializeAsync() => await Process.StartAsync();

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

[CollectionDefinition("server")]
public sealed class ServerCollection : ICollectionFixture<SharedServer>;
