using System.Text.Json;
using System.Text.Json.Nodes;
using Hummingbird.Vulkan.Engine.Generation;
using Hummingbird.Vulkan.Engine.Graph;
using Hummingbird.Vulkan.Engine.Weights;

// dotnet run -c Release --project tools/PreviewFit -- MODEL_FOLDER PROMPT...
// Makes a video of each prompt, fits the colours of previews to its frames, and writes them to the folder's vae/config.json.
if (args.Length < 2)
{
    Console.Error.WriteLine("usage: PreviewFit MODEL_FOLDER PROMPT...");
    return 2;
}

using ModelFolder model = ModelFolder.Open(args[0]);
using OpenDevice device = new DeviceChoice(IsReference: false, new()).Open();
GenerationDefaults defaults = model.Index.Defaults;
List<float> latents = [], colours = [];
foreach ((int index, string prompt) in args[1..].Index())
{
    GenerationRequest request = new(prompt, "", index, defaults.Steps, defaults.Frames, defaults.Fps, defaults.Width, defaults.Height, defaults.GuidanceScale, defaults.Sampler);
    GenerationResult result = new TextToVideoPipeline(model, device.Backend)
        .Generate(request, (_, rgb) => colours.AddRange(Means(rgb, request.Width, request.Height, model.VaeConfig.PixelsPerLatent)));
    float[] ordered = new float[result.Latents.Length];
    LatentLayout.ChannelsLast(result.Latents, ordered, result.LatentShape.C);
    latents.AddRange(ordered);
}

double[,] fit = LatentPreview.Fit([.. latents], [.. colours], model.VaeConfig.ZChannels);
JsonArray[] rows = [.. Enumerable.Range(0, fit.GetLength(0)).Select(row => new JsonArray([.. Enumerable.Range(0, 3).Select(c => JsonValue.Create(Math.Round(fit[row, c], 4)))]))];
string file = Path.Combine(args[0], "vae", "config.json");
JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
(config["latent_rgb_factors"], config["latent_rgb_bias"]) = (new JsonArray([.. rows[..^1]]), rows[^1]);
File.WriteAllText(file, config.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
Console.WriteLine($"{file}: fitted to {colours.Count / 3} pixels of {args.Length - 1} videos");
return 0;

// The mean colour of every block of pixels that one latent stands for, 0 to 1.
static float[] Means(ReadOnlySpan<byte> rgb, int width, int height, int block)
{
    float[] means = new float[width / block * (height / block) * 3];
    for (int y = 0; y < height; y++)
    {
        for (int x = 0; x < width; x++)
        {
            for (int c = 0; c < 3; c++)
            {
                means[(((y / block * (width / block)) + (x / block)) * 3) + c] += rgb[(((y * width) + x) * 3) + c] / (255f * block * block);
            }
        }
    }

    return means;
}
