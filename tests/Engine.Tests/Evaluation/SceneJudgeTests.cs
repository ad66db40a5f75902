using Hummingbird.Vulkan.Engine.Evaluation;
using Xunit;

namespace Hummingbird.Vulkan.Engine.Tests.Evaluation;

/// <summary>The judge on painted scenes: it must see what was painted, and must not see what was not.</summary>
public sealed class SceneJudgeTests
{
    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 1.0)]
    [InlineData(1, 2.5)]
    public void Every_attribute_of_painted_scenes_is_read_right(int objects, double blur)
    {
        const int Count = 60;
        PaintedScenes painted = new(seed: 5 + objects);
        (Scene Wanted, SceneScore Score)[] scores = [.. Enumerable.Range(0, Count).Select(_ => painted.Draw(objects)).Select(s => (s, SceneJudge.Score(painted.Paint(s, blur), s)))];
        foreach ((string name, Func<SceneScore, bool> right) in Attributes)
        {
            int hits = scores.Count(s => right(s.Score));
            Assert.True(hits * 100 >= Count * 98, $"{name}: {hits} of {Count}, such as {scores.FirstOrDefault(s => !right(s.Score))}");
        }
    }

    [Fact]
    public void A_wrong_scene_fails_in_what_is_wrong_and_in_that_alone()
    {
        PaintedScenes painted = new(seed: 3);
        Scene scene = new("row", "white", [new("star", "red", "big", "left"), new("circle", "blue", "small", "bouncing")]);
        Clip clip = painted.Paint(scene);
        SceneObject first = scene.Objects[0], second = scene.Objects[1];
        SceneScore Score(Scene wanted) => SceneJudge.Score(clip, wanted);

        Assert.True(Score(scene).All);
        Assert.Equal([false, true, true, true], Four(Score(scene with { Objects = [first with { Colour = "green" }, second] })));
        Assert.Equal([true, false, true, true], Four(Score(scene with { Objects = [first, second with { Shape = "square" }] })));
        Assert.Equal([true, true, false, true], Four(Score(scene with { Objects = [first with { Size = "small" }, second] })));
        Assert.Equal([true, true, true, false], Four(Score(scene with { Objects = [first with { Motion = "right" }, second] })));
        Assert.False(Score(scene with { Background = "pink" }).Background);
        Assert.False(Score(scene with { Layout = "column" }).Layout);
        Assert.False(Score(scene with { Objects = [second, first] }).Colour);
        SceneScore alone = Score(new("single", "white", [first]));
        Assert.False(alone.Count || alone.Layout || alone.All);
    }

    [Fact]
    public void An_empty_clip_has_no_object()
    {
        Clip clip = new([new byte[64 * 64 * 3], new byte[64 * 64 * 3]], 64, 64);
        Scene seen = SceneJudge.Look(clip);
        Assert.Equal("black", seen.Background);
        Assert.Empty(seen.Objects);
    }

    [Fact]
    public void Measures_tell_steady_smooth_and_changing_clips_apart()
    {
        PaintedScenes painted = new(seed: 9);
        Scene still = new("single", "grey", [new("square", "red", "big", "still")]), moving = still with { Objects = [still.Objects[0] with { Motion = "right" }] };
        ClipMeasures calm = ClipMeasures.Of(painted.Paint(still)), moved = ClipMeasures.Of(painted.Paint(moving));
        Clip a = painted.Paint(still), b = painted.Paint(still with { Background = "pink", Objects = [still.Objects[0] with { Colour = "blue" }] });
        ClipMeasures flickering = ClipMeasures.Of(new(Enumerable.Range(0, 16).Select(t => (t % 2 == 0 ? a : b).Frame(t).ToArray()), a.Width, a.Height));

        Assert.Equal(new(1, 1, 0, 1, 1), calm);
        Assert.InRange(moved.Dynamics, 0.02, 0.04);      // 52 of 128 pixels in 15 steps: 0.027 a frame
        Assert.InRange(moved.Smoothness, 0.99, 1);
        Assert.True(flickering.Steadiness < 0.8 && flickering.Smoothness < 0.8, $"{flickering}");
        Assert.True(flickering.SubjectConsistency < 0.6 && flickering.BackgroundConsistency < 0.6, $"{flickering}");
    }

    private static readonly (string Name, Func<SceneScore, bool> Right)[] Attributes =
    [
        ("count", s => s.Count), ("layout", s => s.Layout), ("background", s => s.Background), ("colour", s => s.Colour), ("shape", s => s.Shape),
        ("size", s => s.Size), ("motion", s => s.Motion),
    ];

    private static bool[] Four(SceneScore score) => [score.Colour, score.Shape, score.Size, score.Motion];
}
