using System.Collections.Immutable;

namespace Hummingbird.Vulkan.Engine.Weights;

/// <summary>Which layer each pair of a LoRA file changes, whoever named them.</summary>
/// <remarks>kohya: <c>lora_unet_a_b.lora_down.weight</c>, <c>.lora_up.weight</c>, <c>.alpha</c>. diffusers and PEFT: <c>unet.a.b.lora_A.weight</c>,
/// <c>.lora_B.weight</c>, also <c>.lora.down.weight</c> and <c>a.processor.to_q_lora.down.weight</c>. T2V-Turbo: no names, pairs (up, down) in the
/// order of the layers. The scale is alpha / rank, 1 without an alpha.</remarks>
public static class LoraFile
{
    private static readonly string[] Prefixes = ["lora_unet_", "base_model.model.", "model.diffusion_model.", "diffusion_model.", "unet.", "transformer."];

    private static readonly (string Suffix, Role Role)[] Suffixes =
    [
        (".lora_down.weight", Role.Down), (".lora_up.weight", Role.Up), (".lora_A.weight", Role.Down), (".lora_B.weight", Role.Up),
        (".lora_A.default.weight", Role.Down), (".lora_B.default.weight", Role.Up), (".lora.down.weight", Role.Down), (".lora.up.weight", Role.Up),
        ("_lora.down.weight", Role.Down), ("_lora.up.weight", Role.Up), (".lora_down", Role.Down), (".lora_up", Role.Up), (".alpha", Role.Alpha),
    ];

    private enum Role
    {
        Up,
        Down,
        Alpha,
    }

    /// <param name="file">The tensors of the LoRA file.</param>
    /// <param name="unet">The weights it changes.</param>
    /// <param name="scale">Of all updates, beside each one's own.</param>
    /// <param name="layers">The weights with matrices in a list's order; for files without names.</param>
    /// <exception cref="WeightException">The file is no LoRA, or one for another network.</exception>
    public static IReadOnlyDictionary<string, LowRankPair> Match(IWeightSource file, IWeightSource unet, float scale, Func<IReadOnlyList<string>> layers)
    {
        string[] names = [.. file.Names];
        if (names.Length > 0 && Enumerable.Range(0, names.Length).All(i => file.TryGet($"{i}", out _)))
        {
            return MatchList(file, names.Length, scale, layers());
        }

        Dictionary<string, string> modules = Modules(unet);
        Dictionary<string, (WeightTensor? Up, WeightTensor? Down, WeightTensor? Alpha)> found = [];
        List<string> strangers = [];
        foreach (string name in names)
        {
            WeightTensor tensor = Get(file, name);
            if (Place(name, modules) is not (string weight, Role role))
            {
                strangers.Add(name);
                continue;
            }

            var pair = found.GetValueOrDefault(weight);
            found[weight] = role switch { Role.Up => pair with { Up = tensor }, Role.Down => pair with { Down = tensor }, _ => pair with { Alpha = tensor } };
        }

        if (strangers.Count > 0 || found.Count == 0)
        {
            string which = string.Join(", ", strangers.Order(StringComparer.Ordinal).Take(3).Select(Quote.Name));
            throw WeightException.In(file.DisplayName, $"{strangers.Count} of its {names.Length} tensors belong to no layer of {unet.DisplayName}{(which.Length > 0 ? $": {which}" : "")}. Is it a LoRA for this model?");
        }

        return found.ToDictionary(f => f.Key, f => Pair(file, f.Key, f.Value, scale));
    }

    private static Dictionary<string, LowRankPair> MatchList(IWeightSource file, int count, float scale, IReadOnlyList<string> layers)
    {
        if (count != 2 * layers.Count)
        {
            throw WeightException.In(file.DisplayName, $"is a LoRA list of {count} matrices; this U-Net has {layers.Count} layers and needs {2 * layers.Count}.");
        }

        return layers.Select((layer, i) => (layer, Pair: new LowRankPair(Get(file, $"{2 * i}"), Get(file, $"{(2 * i) + 1}"), scale))).ToDictionary(p => p.layer, p => p.Pair);
    }

    private static LowRankPair Pair(IWeightSource file, string weight, (WeightTensor? Up, WeightTensor? Down, WeightTensor? Alpha) found, float scale)
    {
        if (found is not { Up: WeightTensor up, Down: WeightTensor down } || down.Shape.Length < 2)
        {
            throw WeightException.In(file.DisplayName, $"has one half of the update of {Quote.Name(weight)} only, or an empty one.");
        }

        return new(up, down, scale * (found.Alpha is null ? 1 : found.Alpha.ReadFloats()[0] / down.Shape[0]));
    }

    /// <summary>Weights by every name their modules go by: with dots, and with dots as underscores.</summary>
    private static Dictionary<string, string> Modules(IWeightSource unet)
    {
        Dictionary<string, string> modules = [];
        foreach (string weight in unet.Names.Where(n => n.EndsWith(".weight", StringComparison.Ordinal)))
        {
            string module = weight[..^".weight".Length];
            module = module.EndsWith(".conv2d", StringComparison.Ordinal) ? module[..^".conv2d".Length] : module;
            modules[module] = weight;
            modules.TryAdd(module.Replace('.', '_'), weight);
        }

        return modules;
    }

    private static (string Weight, Role Role)? Place(string name, Dictionary<string, string> modules)
    {
        foreach ((string suffix, Role role) in Suffixes)
        {
            if (!name.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            string module = Prefixes.Aggregate(name[..^suffix.Length], (m, prefix) => m.StartsWith(prefix, StringComparison.Ordinal) ? m[prefix.Length..] : m).Replace(".processor.", ".", StringComparison.Ordinal);
            foreach (string candidate in (ReadOnlySpan<string>)[module, module + ".0", module + "_0"])
            {
                if (modules.TryGetValue(candidate, out string? weight))
                {
                    return (weight, role);
                }
            }
        }

        return null;
    }

    private static WeightTensor Get(IWeightSource file, string name) => new WeightScope(file).Get(name);
}
