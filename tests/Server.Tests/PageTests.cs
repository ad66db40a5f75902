using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Hummingbird.Vulkan.Server.Tests;

/// <summary>The page as a person uses it, in a real browser.</summary>
[Collection("server")]
public sealed class PageTests(SharedServer server, Browser browser) : IClassFixture<Browser>
{
    private const string Prompt = "a big red circle moving right on a white background";

    private string Address => $"http://127.0.0.1:{server.Process.Port}/";

    [Fact]
    public async Task Making_watching_playing_and_reusing_a_video()
    {
        await server.Client.ClearAsync();
        await using Window window = await browser.OpenAsync(Address);
        IPage page = window.Page;
        await FillAsync(page, Prompt, frames: 8, steps: 4);
        await page.Locator("#prompt").PressAsync("Control+Enter");
        await Expect(page.Locator("#player")).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("() => { const p = document.getElementById('player'); return p.readyState >= 2 && p.currentTime > 0 && p.videoWidth === 64; }");

        // Once more, warm: the time from the keys to the first preview.
        double first = await TimeToFirstPreviewAsync(page);
        TestContext.Current.TestOutputHelper?.WriteLine($"first preview after {first:0} ms");
        Assert.InRange(first, 0, 2000); // The goal is 1 s on an idle machine; tests share theirs.
        await Expect(page.Locator("#player")).ToBeVisibleAsync();
        Assert.Contains("Preview after step", await page.Locator("#preview").GetAttributeAsync("aria-label"), StringComparison.Ordinal);

        await Expect(page.Locator("#gallery .card")).ToHaveCountAsync(2);
        ILocator card = page.Locator("#gallery .card").First;
        string seed = (await card.Locator(".figures").TextContentAsync())!.Split("seed ")[1].Split(' ')[0];
        await page.Locator("#prompt").FillAsync("something else");
        await page.Locator("#num_frames").FillAsync("3");
        await card.GetByRole(AriaRole.Button, new() { Name = "Use these settings" }).ClickAsync();
        Assert.Equal((Prompt, "8", seed), (await page.Locator("#prompt").InputValueAsync(), await page.Locator("#num_frames").InputValueAsync(), await page.Locator("#seed").InputValueAsync()));
        await page.Locator("#seed").FillAsync("");
        await page.Locator("#reuse").ClickAsync();
        Assert.Equal(seed, await page.Locator("#seed").InputValueAsync());

        IDownload download = await page.RunAndWaitForDownloadAsync(() => card.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        Assert.EndsWith(".mp4", download.SuggestedFilename, StringComparison.Ordinal);
        AssertQuiet(window);
    }

    [Fact]
    public async Task Two_jobs_cancelling_and_a_reload_in_between()
    {
        await server.Client.ClearAsync();
        await using Window window = await browser.OpenAsync(Address);
        IPage page = window.Page;
        await FillAsync(page, "a blue square growing on a white background", frames: 64, steps: 400);
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.Locator("#preview")).ToBeVisibleAsync();
        await FillAsync(page, Prompt, frames: 4, steps: 4);
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.Locator("#queue li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#queue li").Nth(1)).ToContainTextAsync("1.");

        await page.ReloadAsync();
        await Expect(page.Locator("#queue li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#preview")).ToBeVisibleAsync();
        await Expect(page.Locator("#progress-text")).ToContainTextAsync("denoising");
        await Expect(page.Locator("#progress-text")).ToContainTextAsync("it/s");
        await Expect(page.Locator("#progress-text")).ToContainTextAsync("ETA");

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel: a blue square" }).ClickAsync();
        await Expect(page.Locator("#gallery .card")).ToHaveCountAsync(1);
        await Expect(page.Locator("#gallery .card")).ToContainTextAsync(Prompt);
        await Expect(page.Locator("#queue li")).ToHaveCountAsync(0);
        AssertQuiet(window);
    }

    [Fact]
    public async Task Errors_are_plain_words_and_presets_and_copies_work()
    {
        await using Window window = await browser.OpenAsync(Address);
        IPage page = window.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Say what the video should show.");
        await FillAsync(page, Prompt, frames: 8, steps: 4);
        await page.Locator("#width").FillAsync("65");
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("width is 65; for nano it must be a multiple of");
        Assert.Equal("width", await page.EvaluateAsync<string>("document.activeElement.id"));

        await page.GetByRole(AriaRole.Button, new() { Name = "Low memory" }).ClickAsync();
        Assert.True(int.Parse(await page.Locator("#width").InputValueAsync(), System.Globalization.CultureInfo.InvariantCulture) % 16 == 0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Fast 4-step" }).ClickAsync();
        Assert.Equal("4", await page.Locator("#num_inference_steps").InputValueAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Draw a seed" }).ClickAsync();
        Assert.NotEqual("", await page.Locator("#seed").InputValueAsync());
        await page.Locator("#prompt").FillAsync("it's a ball");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as command" }).ClickAsync();
        string command = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.Contains("hummingbird generate", command, StringComparison.Ordinal);
        Assert.EndsWith(@"--prompt 'it'\''s a ball'", command, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as curl" }).ClickAsync();
        Assert.StartsWith($"curl -s {Address}v1/videos -H", await page.EvaluateAsync<string>("navigator.clipboard.readText()"), StringComparison.Ordinal);
        Assert.All(window.Requests, url => Assert.StartsWith(Address, url.Replace("blob:", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_control_has_a_name_and_nothing_is_wider_than_a_phone()
    {
        await using Window window = await browser.OpenAsync(Address, 360, 740, ColorScheme.Dark);
        IPage page = window.Page;
        await page.Locator("#device summary").ClickAsync();
        await Expect(page.Locator("#decisions tr")).Not.ToHaveCountAsync(0);
        Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        string[] nameless = await page.EvaluateAsync<string[]>(
            """
            [...document.querySelectorAll("button, input, select, textarea, a, video, canvas, progress, meter")]
              .filter(e => !(e.labels?.length || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.textContent.trim()) && !e.hidden)
              .map(e => e.outerHTML)
            """);
        Assert.Empty(nameless);
        double[] sizes = await page.EvaluateAsync<double[]>("[...document.querySelectorAll('button:not(.link), select, input:not([type=checkbox])')].filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)");
        Assert.All(sizes, height => Assert.InRange(height, 36, 200));
        AssertQuiet(window);
    }

    [Fact]
    public async Task A_server_that_dies_and_comes_back()
    {
        await using ServerProcess own = new();
        await own.StartAsync();
        await using Window window = await browser.OpenAsync($"http://127.0.0.1:{own.Port}/");
        IPage page = window.Page;
        await FillAsync(page, "a blue square growing on a white background", frames: 64, steps: 400);
        await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
        await Expect(page.Locator("#preview")).ToBeVisibleAsync();
        own.Kill();
        await Expect(page.Locator("#health-text")).ToHaveTextAsync("the server does not answer", new() { Timeout = 15_000 });
        await own.StartAsync();
        await Expect(page.Locator("#gallery .card")).ToContainTextAsync("The server ended before this video was done", new() { Timeout = 15_000 });
        await Expect(page.Locator("#health-text")).Not.ToHaveTextAsync("the server does not answer");
        await Expect(page.Locator("#queue li")).ToHaveCountAsync(0);
    }

    /// <summary>Written to the folder of the variable HUMMINGBIRD_SCREENSHOTS, for docs/images; to nowhere that lasts without it.</summary>
    [Fact]
    public async Task Screenshots_at_desk_and_phone_in_light_and_dark()
    {
        string folder = Environment.GetEnvironmentVariable("HUMMINGBIRD_SCREENSHOTS") is { Length: > 0 } wanted ? wanted : Directory.CreateTempSubdirectory("hummingbird-screenshots-").FullName;
        await server.Client.ClearAsync();
        foreach (string prompt in (string[])["a small yellow star bouncing on a black background", "a blue square growing on a white background", "a big green triangle moving down on a gray background"])
        {
            await server.Client.UntilAsync(await server.Client.QueueAsync($"{{\"prompt\":\"{prompt}\",\"seed\":5}}"), "completed");
        }

        foreach ((string name, int width, int height, ColorScheme scheme) in ((string, int, int, ColorScheme)[])
            [("page-desk-light", 1280, 860, ColorScheme.Light), ("page-desk-dark", 1280, 860, ColorScheme.Dark), ("page-phone-light", 390, 844, ColorScheme.Light), ("page-phone-dark", 390, 844, ColorScheme.Dark)])
        {
            await using Window window = await browser.OpenAsync(Address, width, height, scheme);
            IPage page = window.Page;
            await page.Locator("#prompt").FillAsync(Prompt);
            await page.Locator("#seed").FillAsync("5");
            await page.GetByRole(AriaRole.Button, new() { Name = "Generate" }).ClickAsync();
            await page.WaitForFunctionAsync("() => document.getElementById('player').currentTime > 0");
            await page.WaitForFunctionAsync("() => [...document.querySelectorAll('#gallery video')].every(v => v.readyState >= 2)");
            await page.EvaluateAsync("scrollTo(0, 0)");
            await page.WaitForTimeoutAsync(300);
            string file = Path.Combine(folder, name + ".png");
            await page.ScreenshotAsync(new() { Path = file, FullPage = true });
            Assert.True(new FileInfo(file).Length > 10_000);
        }
    }

    private static async Task FillAsync(IPage page, string prompt, int frames, int steps)
    {
        await page.Locator("#prompt").FillAsync(prompt);
        await page.Locator("#width").FillAsync("64");
        await page.Locator("#height").FillAsync("64");
        await page.Locator("#num_frames").FillAsync($"{frames}");
        await page.Locator("#scheduler").SelectOptionAsync(steps > 50 ? "ddim" : "lcm");
        await page.Locator("#num_inference_steps").FillAsync($"{steps}");
    }

    /// <summary>Milliseconds on the page's own clock.</summary>
    private static Task<double> TimeToFirstPreviewAsync(IPage page) => page.EvaluateAsync<double>(
        """
        () => new Promise(resolve => {
          const canvas = document.getElementById("preview");
          const start = performance.now();
          new MutationObserver((_, observer) => {
            if (canvas.dataset.step) { observer.disconnect(); resolve(performance.now() - start); }
          }).observe(canvas, { attributes: true });
          document.getElementById("prompt").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
        })
        """);

    private static void AssertQuiet(Window window) => Assert.Empty(window.Complaints);
}
