using System.Diagnostics;
using System.Globalization;
using Hummingbird.Vulkan.Engine.Tests.Conversion;
using Hummingbird.Vulkan.Engine.Weights;
using Hummingbird.Vulkan.WeightsConverter.Checkpoints;
using Hummingbird.Vulkan.WeightsFuzz;

// dotnet run -c Release --project tools/WeightsFuzz -- [INPUTS] [SEED]
// Mutates small checkpoints and opens them. Only a WeightException may come out; anything else ends the run with the input's number.
long inputs = args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
ulong seed = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1;
const int LargestSeed = 4096;
byte[] header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"u8.ToArray();
byte[] safetensors = [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. header, .. CheckpointCorpus.TwoFloats];
byte[][] seeds =
[
    CheckpointCorpus.Zip(CheckpointCorpus.Good), CheckpointCorpus.LegacyFile(CheckpointCorpus.Good), safetensors,
    CheckpointCorpus.Zip(p => CheckpointCorpus.Module(p, t => t.Op('N'))), (CheckpointCorpus.Archive(CheckpointCorpus.Good) with { HasZip64 = true }).Bytes(),
    .. CheckpointCorpus.Malformed.Values.Select(c => c.Bytes).Where(b => b.Length is > 0 and < LargestSeed),
];
var mutator = new Mutator(seed);
long accepted = 0, refused = 0;
TimeSpan slowest = TimeSpan.Zero;
var total = Stopwatch.StartNew();
for (long i = 0; i < inputs; i++)
{
    byte[] input = mutator.Mutate(seeds);
    long before = Stopwatch.GetTimestamp();
    try
    {
        using Checkpoint checkpoint = Checkpoint.Open(input, "fuzz");
        foreach (SourceTensor tensor in checkpoint.Tensors.Values)
            tensor.Read(new byte[Math.Min(tensor.ElementCount, 1024) * tensor.Type.SizeInBytes()], 0);
        accepted++;
    }
    catch (WeightException)
    {
        refused++;
    }
#pragma warning disable CA1031 // Whatever else comes out is what this looks for.
    catch (Exception error)
#pragma warning restore CA1031
    {
        Console.Error.WriteLine($"input {i} of seed {seed}: {error}\n{Convert.ToHexString(input)}");
        return 1;
    }

    TimeSpan taken = Stopwatch.GetElapsedTime(before);
    slowest = taken > slowest ? taken : slowest;
}

Console.WriteLine($"{inputs} inputs, {refused} refused, {accepted} accepted, 0 unexpected exceptions, slowest {slowest.TotalMilliseconds:0} ms, {total.Elapsed.TotalSeconds:0} s, seed {seed}");
return 0;
