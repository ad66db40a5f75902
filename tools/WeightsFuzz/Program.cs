using System.Globalization;
using Hummingbird.Vulkan.Engine.Tests.Conversion;
using Hummingbird.Vulkan.Engine.Tests.Weights;
using Hummingbird.Vulkan.WeightsFuzz;

// dotnet run -c Release --project tools/WeightsFuzz -- [INPUTS] [SEED]     mutates small checkpoints and opens them
// dotnet run -c Release --project tools/WeightsFuzz -- corpus              opens the malformed ones as they are
// Only a WeightException may come out; anything else ends the run with the input's number.
const int LargestSeed = 4096;
byte[][] malformed = [.. CheckpointCorpus.Malformed.Values.Select(c => c.Bytes)], damaged = [.. SafetensorsCorpus.Malformed.Values.Select(c => c.Bytes)];
var opened = new OpenedInputs();
if (args is ["corpus"])
{
    foreach ((string name, (byte[] bytes, _)) in SafetensorsCorpus.Malformed.Concat(CheckpointCorpus.Malformed))
        opened.Open(bytes, name);
    Console.WriteLine($"{damaged.Length} safetensors files and {malformed.Length} checkpoints: {opened}");
    return opened.Accepted == 0 && opened.Unexpected == 0 && opened.IsFrugal ? 0 : 1;
}

long inputs = args.Length > 0 ? long.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
ulong seed = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1;
byte[][] seeds =
[
    CheckpointCorpus.Zip(CheckpointCorpus.Good), CheckpointCorpus.LegacyFile(CheckpointCorpus.Good),
    CheckpointCorpus.Zip(p => CheckpointCorpus.Module(p, t => t.Op('N'))), (CheckpointCorpus.Archive(CheckpointCorpus.Good) with { HasZip64 = true }).Bytes(),
    .. SafetensorsCorpus.WellFormed.Values, .. damaged.Where(b => b.Length is > 0 and < LargestSeed), .. malformed.Where(b => b.Length is > 0 and < LargestSeed),
];
byte[][] pickles = [.. seeds.Select(Wrapping.PickleOf).OfType<byte[]>()], headers = [.. seeds.Select(Wrapping.HeaderOf).OfType<byte[]>()];
var mutator = new Mutator(seed);
for (long i = 0; i < inputs && opened.Unexpected == 0; i++)
{
    // A changed byte breaks a checksum or a length: two of three inputs get theirs put right, so that what lies behind is reached.
    byte[] input = (i % 3) switch
    {
        0 => mutator.Mutate(seeds),
        1 => CheckpointCorpus.Archive(mutator.Mutate(pickles)).Bytes(),
        _ => Wrapping.Safetensors(mutator.Mutate(headers), dataBytes: (int)(i % 17)),
    };
    opened.Open(input, $"input {i} of seed {seed}");
}

Console.WriteLine($"{opened}, seed {seed}");
return opened.Unexpected == 0 ? 0 : 1;
