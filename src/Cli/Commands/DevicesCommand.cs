using System.CommandLine;
using System.Text;
using System.Text.Json;
using Hummingbird.Vulkan.Engine.Device;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

namespace Hummingbird.Vulkan.Cli.Commands;

/// <summary><c>devices</c>: which Vulkan devices there are and how each would be used.</summary>
internal static class DevicesCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> explain = Options.Flag("--explain", "Every decision about the device that would be used, with its reason.");
        Option<string?> export = Options.Text("--export", "FILE", "Write the device's snapshot as JSON: the facts all decisions are made from.");
        Option<bool> json = Options.Flag("--json", "The list as JSON.");
        DeviceOptionSet device = new();
        CommandWithExamples command = new(
            "devices",
            "List the Vulkan devices and how they would be used.",
            "hummingbird devices",
            "hummingbird devices --explain --device 0 --precision fp16",
            "hummingbird devices --export snapshot.json")
        {
            explain, export, json,
        };
        foreach (Option option in device.All)
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            using VulkanInstance vulkan = VulkanInstance.Create();
            DeviceChoice choice = device.Read(parsed);
            if (parsed.GetValue(json))
            {
                WriteJson(vulkan.Snapshots, terminal.Out);
            }
            else if (parsed.GetValue(export) is null && !parsed.GetValue(explain))
            {
                List(vulkan.Snapshots, terminal.Out);
            }

            if (parsed.GetValue(export) is string file)
            {
                Export(Chosen(vulkan, choice).Snapshot, file, terminal.Out);
            }

            if (parsed.GetValue(explain))
            {
                Explain(Chosen(vulkan, choice), choice, terminal.Out);
            }
        });
        return command;
    }

    private static (DeviceSnapshot Snapshot, string Reason) Chosen(VulkanInstance vulkan, DeviceChoice choice)
    {
        if (choice.IsReference)
        {
            throw new UsageException("The reference is no Vulkan device: there is nothing to explain or export.");
        }

        DeviceSelection selection = DeviceSelection.Choose(vulkan.Snapshots, choice.Options.Selector);
        return (vulkan.Snapshots[selection.Index], selection.Reason);
    }

    private static void List(IReadOnlyList<DeviceSnapshot> devices, TextWriter output)
    {
        int chosen = devices.Any(d => DevicePlan.Missing(d).IsEmpty) ? DeviceSelection.Choose(devices).Index : -1;
        for (int i = 0; i < devices.Count; i++)
        {
            DeviceSnapshot device = devices[i];
            output.WriteLine($"{(i == chosen ? "*" : " ")} {i}  {Terminal.Printable(device.Name)}");
            output.WriteLine($"     {device.Kind.ToString().ToLowerInvariant()}, {Terminal.Printable(device.Driver)}, Vulkan {device.ApiVersion}, {Figures.Bytes(LocalMemory(device))} device-local, uuid {device.DeviceUuid}");
            foreach (string missing in DevicePlan.Missing(device))
            {
                output.WriteLine($"     cannot be used: {missing}");
            }
        }

        output.WriteLine(devices.Count == 0 ? "No Vulkan device." : "* is used unless --device says otherwise; --explain shows how and why.");
    }

    private static void Explain((DeviceSnapshot Snapshot, string Reason) chosen, DeviceChoice choice, TextWriter output)
    {
        DevicePlan plan = DevicePlan.Decide(chosen.Snapshot, TileCacheFile.Complete(choice.Options, chosen.Snapshot));
        output.WriteLine($"{Terminal.Printable(chosen.Snapshot.Name)}: {chosen.Reason}");
        int what = plan.Decisions.Max(d => d.What.Length), choices = plan.Decisions.Max(d => d.Choice.Length);
        foreach (PlanDecision decision in plan.Decisions)
        {
            output.WriteLine($"  {decision.What.PadRight(what)}  {decision.Choice.PadRight(choices)}  {decision.Reason}");
        }
    }

    private static void Export(DeviceSnapshot device, string file, TextWriter output)
    {
        AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(device.ToJson() + "\n")));
        output.WriteLine(Path.GetFullPath(file));
    }

    private static void WriteJson(IReadOnlyList<DeviceSnapshot> devices, TextWriter output)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartArray();
            for (int i = 0; i < devices.Count; i++)
            {
                Write(json, i, devices[i]);
            }

            json.WriteEndArray();
        }

        output.WriteLine(Encoding.UTF8.GetString(text.ToArray()));
    }

    private static void Write(Utf8JsonWriter json, int index, DeviceSnapshot device)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("name", device.Name);
        json.WriteString("kind", device.Kind.ToString().ToLowerInvariant());
        json.WriteString("driver", device.Driver);
        json.WriteString("api_version", device.ApiVersion);
        json.WriteString("uuid", device.DeviceUuid);
        json.WriteNumber("device_local_bytes", LocalMemory(device));
        json.WriteStartArray("missing");
        foreach (string missing in DevicePlan.Missing(device))
        {
            json.WriteStringValue(missing);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ulong LocalMemory(DeviceSnapshot device)
        => device.Heaps.Where(h => h.IsDeviceLocal).Aggregate(0ul, (sum, heap) => sum + heap.SizeInBytes);
}
