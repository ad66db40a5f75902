using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hummingbird.Vulkan.Engine.Compute;

namespace Hummingbird.Vulkan.Bench.Rdna;

/// <summary>A shader with its constants, as the child process is asked to compile it.</summary>
/// <param name="WantsText">Return the compiler's text as well.</param>
public sealed record CompileJob(string Shader, ImmutableArray<int> Constants, int PushSizeInBytes, int SubgroupSize, bool WantsText = false)
{
    public override string ToString() => $"{Shader}({string.Join(',', Constants)})";
}

/// <summary>The first line of a child: what it compiles for.</summary>
public sealed record CompilerIdentity(string Device, string Driver);

/// <summary>One line per job: the compiler's numbers by name, the machine instructions of its text, and that text where wanted.</summary>
public sealed record CompileResult(IReadOnlyDictionary<string, double> Statistics, ImmutableArray<OperationCount> Operations, string? Text = null);

/// <summary>The compiling side of <see cref="RadvCompiler"/>: a process whose environment names the driver and the chip.</summary>
/// <remarks>Reads jobs, one JSON object a line; answers each with a line, so that a driver that crashes shows on which job.</remarks>
public static class CompileChild
{
    private const string Representation = "ACO IR";

    public static void Run(TextReader jobs, TextWriter results)
    {
        using CompileOnlyDevice device = CompileOnlyDevice.Open();
        Write(results, JsonSerializer.Serialize(new CompilerIdentity(device.Snapshot.Name, device.Snapshot.Driver), RdnaJson.Default.CompilerIdentity));
        while (jobs.ReadLine() is { } line)
        {
            CompileJob job = JsonSerializer.Deserialize(line, RdnaJson.Default.CompileJob)!;
            CompilerReport report = device.Compile(new(job.Shader, job.Constants, job.PushSizeInBytes), job.SubgroupSize);
            string text = report.Texts.First(t => t.Name == Representation).Text;
            CompileResult result = new(
                report.Statistics.DistinctBy(s => s.Name).ToDictionary(s => s.Name, s => s.Value), AcoText.CountOperations(text), job.WantsText ? text : null);
            Write(results, JsonSerializer.Serialize(result, RdnaJson.Default.CompileResult));
        }
    }

    private static void Write(TextWriter writer, string line)
    {
        writer.WriteLine(line);
        writer.Flush();
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CompileJob))]
[JsonSerializable(typeof(CompilerIdentity))]
[JsonSerializable(typeof(CompileResult))]
internal sealed partial class RdnaJson : JsonSerializerContext;
