namespace Hummingbird.Vulkan.Engine.Evaluation;

/// <summary>One clip, measured.</summary>
/// <param name="Prompt">What it was made from.</param>
/// <param name="Group">Which row of the table it counts towards, such as "guidance 4".</param>
/// <param name="Score">Against the scene that the prompt list names; null without one.</param>
public sealed record EvaluatedClip(ScenePrompt Prompt, string Group, ClipMeasures Measures, SceneScore? Score)
{
    public static EvaluatedClip Of(ScenePrompt prompt, string group, Clip clip) =>
        new(prompt, group, ClipMeasures.Of(clip), prompt.Scene is null ? null : SceneJudge.Score(clip, prompt.Scene));
}

/// <summary>Means over clips; shares are 0 to 1 and null where no clip of the row has a scene.</summary>
public sealed record EvaluationRow(
    string Group, int Clips, double? Count, double? Layout, double? Background, double? Colour, double? Shape, double? Size, double? Motion, double? All, ClipMeasures Measures)
{
    /// <summary>For every group: all clips, then one object, two objects, and what was held out of training, where there are such.</summary>
    public static IReadOnlyList<EvaluationRow> Table(IReadOnlyList<EvaluatedClip> clips) =>
    [
        .. clips.GroupBy(c => c.Group).SelectMany(group => new (string Suffix, Func<EvaluatedClip, bool> Belongs)[]
        {
            ("", _ => true),
            (", one object", c => c.Prompt.Scene?.Objects.Length == 1),
            (", two objects", c => c.Prompt.Scene?.Objects.Length == 2),
            (", held out", c => c.Prompt.HeldOut),
        }.Select(part => (part.Suffix, Clips: group.Where(part.Belongs).ToArray())).Where(part => part.Clips.Length > 0)
         .Select(part => Of(group.Key + part.Suffix, part.Clips))),
    ];

    private static EvaluationRow Of(string name, EvaluatedClip[] clips)
    {
        SceneScore[] scores = [.. clips.Select(c => c.Score).OfType<SceneScore>()];
        double? Share(Func<SceneScore, bool> right) => scores.Length == 0 ? null : scores.Count(right) / (double)scores.Length;
        double Mean(Func<ClipMeasures, double> measure) => clips.Average(c => measure(c.Measures));
        ClipMeasures means = new(
            Mean(m => m.Steadiness), Mean(m => m.Smoothness), Mean(m => m.Dynamics), Mean(m => m.SubjectConsistency), Mean(m => m.BackgroundConsistency));
        return new(
            name, clips.Length, Share(s => s.Count), Share(s => s.Layout), Share(s => s.Background), Share(s => s.Colour),
            Share(s => s.Shape), Share(s => s.Size), Share(s => s.Motion), Share(s => s.All), means);
    }
}
