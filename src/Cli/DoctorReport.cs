using System.Globalization;
using System.Text;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;

namespace Hummingbird.Vulkan.Cli;

/// <summary>One thing the doctor looked at.</summary>
/// <param name="Group">Kernel or graph.</param>
/// <param name="Id">The case or node.</param>
/// <param name="Nmse">Its error.</param>
/// <param name="Limit">The most that is allowed.</param>
/// <param name="Failure">What is wrong; null when all is well.</param>
/// <param name="Command">Runs it again.</param>
internal sealed record Finding(string Group, string Id, double Nmse, double Limit, string? Failure, string Command);

/// <summary>Collects findings and tells about them.</summary>
/// <param name="device">What they were found on.</param>
/// <param name="terminal">Where to tell.</param>
/// <param name="isVerbose">A line for each finding as it comes.</param>
internal sealed class DoctorReport(OpenDevice device, Terminal terminal, bool isVerbose)
{
    private readonly List<Finding> findings = [];

    private IEnumerable<Finding> Failures => findings.Where(f => f.Failure is not null);

    private ValidationLog? Validation => device.Vulkan?.Validation;

    /// <summary>Something was looked at, and nothing is wrong.</summary>
    public bool Passed => findings.Count > 0 && !Failures.Any() && Validation is null or { Messages.Count: 0 };

    public void Add(Finding finding)
    {
        findings.Add(finding);
        if (isVerbose)
        {
            terminal.Error.WriteLine($"{(finding.Failure is null ? "  " : "! ")}{finding.Id}: NMSE {Number(finding.Nmse)}");
        }
        else if (terminal.IsInteractive)
        {
            terminal.Error.Write($"\r\e[K{findings.Count} run, {Failures.Count()} failed: {finding.Group}");
        }
    }

    /// <summary>The report on standard output.</summary>
    public void Write(bool asJson, int worstShown)
    {
        TextWriter output = terminal.Out;
        if (terminal.IsInteractive && !isVerbose)
        {
            terminal.Error.Write("\r\e[K");
        }

        if (asJson)
        {
            WriteJson(output);
            return;
        }

        DeviceSnapshot snapshot = device.Device!.Snapshot;
        output.WriteLine($"{Terminal.Printable(snapshot.Name)}, {Terminal.Printable(snapshot.Driver)}");
        int width = findings.Select(f => f.Group.Length).DefaultIfEmpty().Max();
        foreach (IGrouping<string, Finding> group in findings.GroupBy(f => f.Group))
        {
            Finding worst = group.MaxBy(f => f.Nmse / f.Limit)!;
            output.WriteLine($"{(group.Any(f => f.Failure is not null) ? "!" : " ")} {group.Key.PadRight(width)} {group.Count(),5} run {group.Count(f => f.Failure is not null),4} failed   "
                + $"nearest to its limit: NMSE {Number(worst.Nmse)} of {Number(worst.Limit)}");
        }

        WriteWorst(output, worstShown);
        WriteValidation(output, worstShown);
        output.WriteLine($"{findings.Count} run, {Failures.Count()} failed, 0 skipped");
    }

    private void WriteWorst(TextWriter output, int shown)
    {
        if (Failures.FirstOrDefault() is Finding first)
        {
            output.WriteLine($"first wrong: {first.Id}: {first.Failure}");
            output.WriteLine($"  run it again: {first.Command}");
        }

        foreach (Finding failure in Failures.Skip(1).OrderByDescending(f => f.Nmse / f.Limit).Take(shown))
        {
            output.WriteLine($"also wrong: {failure.Id}: {failure.Failure}");
        }
    }

    private void WriteValidation(TextWriter output, int shown)
    {
        if (Validation is not ValidationLog log)
        {
            return;
        }

        output.WriteLine($"validation: {log.Errors} errors, {log.Warnings} warnings (a planted error was seen)");
        foreach (ValidationMessage message in log.Messages.DistinctBy(m => m.Id).Take(shown))
        {
            output.WriteLine($"  {message.Severity.ToString().ToLowerInvariant()} {message.Id}: {Terminal.Printable(message.Text)}");
        }
    }

    private void WriteJson(TextWriter output)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("device", device.Device!.Snapshot.Name);
            json.WriteString("driver", device.Device.Snapshot.Driver);
            json.WriteNumber("run", findings.Count);
            json.WriteNumber("failed", Failures.Count());
            json.WriteNumber("skipped", 0);
            if (Validation is ValidationLog log)
            {
                json.WriteNumber("validation_messages", log.Messages.Count);
            }

            json.WriteStartArray("results");
            foreach (Finding finding in findings)
            {
                Write(json, finding);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(text.ToArray()));
    }

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("id", finding.Id);
        json.WriteBoolean("passed", finding.Failure is null);
        // JSON has no NaN: the failure says it.
        if (double.IsFinite(finding.Nmse))
        {
            json.WriteNumber("nmse", finding.Nmse);
        }

        json.WriteNumber("limit", finding.Limit);
        if (finding.Failure is not null)
        {
            json.WriteString("failure", finding.Failure);
        }

        json.WriteEndObject();
    }

    private static string Number(double value) => value.ToString("0.##e+0", CultureInfo.InvariantCulture);
}
