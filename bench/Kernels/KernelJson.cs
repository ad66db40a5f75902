using System.Text.Encodings.Web;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Device;

namespace Hummingbird.Vulkan.Bench.Kernels;

/// <summary>A report as JSON: figures in SI units, the device and every decision about it.</summary>
public static class KernelJson
{
    /// <summary>Changes when a field changes its name or its meaning.</summary>
    public const string Schema = "hummingbird-bench-kernels/1";

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(KernelReport report, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, Readable);
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteNumber("elapsed_seconds", report.Elapsed.TotalSeconds);
        json.WritePropertyName("device");
        json.WriteRawValue(report.Device.ToJson());
        WritePlan(json, report.Plan);
        json.WriteStartObject("roofline");
        json.WriteString("clock", report.Roof.Void.IsCpu ? "processor" : "device");
        json.WriteNumber("flops_per_second", report.Roof.FlopsPerSecond);
        json.WriteNumber("shader_bytes_per_second", report.Roof.ShaderBytesPerSecond);
        json.WriteNumber("copy_bytes_per_second", report.Roof.CopyBytesPerSecond);
        json.WriteNumber("void_dispatch_seconds", report.Roof.Void.Median);
        json.WriteEndObject();
        json.WriteStartArray("rows");
        foreach (RowResult row in report.Rows)
        {
            WriteRow(json, row, report.Roof);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePlan(Utf8JsonWriter json, DevicePlan plan)
    {
        json.WriteStartArray("plan");
        foreach (PlanDecision decision in plan.Decisions)
        {
            json.WriteStartObject();
            json.WriteString("what", decision.What);
            json.WriteString("choice", decision.Choice);
            json.WriteString("reason", decision.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter json, RowResult result, Roofline roof)
    {
        json.WriteStartObject();
        json.WriteString("set", result.Row.Set);
        json.WriteString("id", result.Row.Id);
        json.WriteString("kernel", result.Row.Case.Kernel.Name);
        json.WriteString("status", result.Status switch { RowStatus.Measured => "measured", RowStatus.Wrong => "wrong", _ => "not_run" });
        WriteUnlessNull(json, "failure", result.Failure);
        json.WriteStartObject("uses");
        foreach (BenchUse use in result.Row.Uses)
        {
            json.WriteNumber(use.Graph, use.Count);
        }

        json.WriteEndObject();
        json.WriteNumber("flops", result.Row.Cost.Flops);
        json.WriteNumber("bytes", result.Row.Cost.Bytes);
        WriteUnlessNull(json, "goal", result.Row.Goal);
        WriteUnlessNull(json, "checked", result.Check);
        WriteUnlessNull(json, "nmse", result.Nmse);
        WriteUnlessNull(json, "output_rms", result.OutputRms);
        WriteUnlessNull(json, "first_use_seconds", result.FirstUseSeconds);
        if (result.Seconds is { } time)
        {
            json.WriteNumber("samples", time.Samples);
            json.WriteNumber("median_seconds", time.Median);
            json.WriteNumber("p95_seconds", time.P95);
            json.WriteNumber("processor_median_seconds", time.ProcessorMedian);
            json.WriteNumber("flops_per_second", result.FlopsPerSecond!.Value);
            json.WriteNumber("bytes_per_second", result.BytesPerSecond!.Value);
            json.WriteNumber("roof_fraction", result.RoofFraction(roof)!.Value);
        }

        json.WriteStartArray("dispatches");
        foreach (string dispatch in result.Plan)
        {
            json.WriteStringValue(dispatch);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUnlessNull(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    // JSON has no NaN: the status says what is wrong.
    private static void WriteUnlessNull(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
    }
}
