"""Free English captions of scenes: synonyms, omitted defaults, several word orders, relations both ways round."""
from scenes import Scene, Thing

SHAPE_WORDS = {"circle": ("circle", "circle", "ball", "disc", "dot"), "square": ("square", "square", "box"),
               "triangle": ("triangle",), "star": ("star",), "ring": ("ring", "ring", "hoop"),
               "cross": ("cross", "cross", "plus sign")}
COLOUR_WORDS = {"purple": ("purple", "purple", "violet")}
BG_WORDS = {"grey": ("grey", "gray"), "sky blue": ("sky blue", "sky blue", "light blue")}
SIZE_WORDS = {"small": ("small", "small", "little", "tiny"), "big": ("big", "big", "large", "huge")}


def _direction(d, extra):
    side = d in ("left", "right")
    return (f"moving {d}", f"moving {d}", f"moves {d}", f"moving to the {d}" if side else f"moving {d}wards",
            f"drifts to the {d}" if side else f"drifts {d}", f"going {d}", f"sliding {d}", f"flying {d}") + extra


MOTION_WORDS = {
    "left": _direction("left", ("slides to the left", "runs left", "travels left")),
    "right": _direction("right", ("slides to the right", "runs right", "travels right")),
    "up": _direction("up", ("rising", "rises", "floating up", "floats upwards")),
    "down": _direction("down", ("falling", "falls", "sinking", "dropping down")),
    "growing": ("growing", "grows", "getting bigger", "expanding", "becoming larger"),
    "shrinking": ("shrinking", "shrinks", "getting smaller", "becoming smaller"),
    "bouncing": ("bouncing", "bounces", "bouncing up and down", "jumping", "hopping", "jumps up and down"),
    "still": ("standing still", "not moving", "at rest", "staying in place", "stands still")}
PLAIN = {"left": "moving left", "right": "moving right", "up": "moving up", "down": "moving down",
         "growing": "growing", "shrinking": "shrinking", "bouncing": "bouncing", "still": "standing still"}


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def default_bg(things):
    return "black" if any(t.colour == "white" for t in things) else "white"


def plain(scene):
    """the canonical caption, with every attribute said"""
    name = [f"a {t.size} {t.colour} {t.shape} {PLAIN[t.motion]}" for t in scene.things]
    body = {"single": name[0], "row": f"{name[0]} to the left of {name[-1]}", "column": f"{name[0]} above {name[-1]}"}
    return f"{body[scene.layout]} on a {scene.bg} background"


def caption(scene, rng):
    """a random one"""
    pick = lambda options: options[rng.integers(len(options))]

    def noun(t):
        words = f"{pick(COLOUR_WORDS.get(t.colour, (t.colour,)))} {pick(SHAPE_WORDS[t.shape])}"
        return words if t.size == "big" and rng.random() < 0.4 else f"{pick(SIZE_WORDS[t.size])} {words}"

    def thing(t, lead="a"):
        how = "" if t.motion == "still" and rng.random() < 0.45 else " " + pick(MOTION_WORDS[t.motion])
        return (article(noun(t)) if lead == "a" else f"{lead} {noun(t)}".strip()) + how

    if scene.layout == "single":
        body = thing(scene.things[0], pick(("", "", "the", "a", "a", "a", "a")))
    else:
        body = _pair(scene, thing, pick, rng)
    if rng.random() < 0.06:
        body = "a video of " + body
    if scene.bg == default_bg(scene.things) and rng.random() < 0.4:
        return body
    bg = pick(BG_WORDS.get(scene.bg, (scene.bg,)))
    return pick((f"{body} on a {bg} background", f"{body} on a {bg} background", f"{body} on a {bg} background",
                 f"{body}, {bg} background", f"{bg} background, {body}", f"{body} in front of a {bg} background",
                 f"{body} against a {bg} backdrop", f"{body} on {bg}", f"on a {bg} background, {body}"))


def _pair(scene, thing, pick, rng):
    a, b = scene.things
    lead = pick(("a", "a", "a", "a", "a", "the", ""))
    first, second = thing(a, lead), thing(b, lead)
    row = scene.layout == "row"
    if rng.random() < 0.5:                                   # named in order: left to right, top to bottom
        options = (f"{first} and {second}", f"{first} and {second}", f"{first} next to {second}",
                   f"{first} to the left of {second}", f"{first} left of {second}",
                   f"{first} on the left and {second} on the right", f"on the left {first}, on the right {second}") \
            if row else (f"{first} above {second}", f"{first} above {second}", f"{first} over {second}",
                         f"{first} at the top and {second} at the bottom", f"{first} on top of {second}")
    else:                                                    # the other way round
        options = (f"{second} to the right of {first}", f"{second} to the right of {first}",
                   f"{second} right of {first}", f"{second} on the right and {first} on the left",
                   f"{second} with {first} to its left") \
            if row else (f"{second} below {first}", f"{second} below {first}", f"{second} under {first}",
                         f"{second} at the bottom and {first} at the top", f"{second} beneath {first}")
    return pick(options)
