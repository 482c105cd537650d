"""Figures: stimulus and percept in cortex and retina, and rings against place and strength."""

import numpy as np

from replica.style import colors, panels, points

X1, X2 = "cortical $x_1 = \\ln r$", "cortical $x_2 = \\theta$"
RING = "ring component $A_0$"
NAMES = {
    "linear": "linear",
    "tanh": "tanh",
    "clip": "clip",
    "floor 0.5": "$f_{0.5}$",
    "floor 0.2": "$f_{0.2}$",
    "floor 0": "$f_0$",
}


def _cortex(axis, field):
    """A field over the cortex; x2 upwards."""
    step1, step2 = np.diff(field.shown_x1.values[:2]).item(), np.diff(field.x2.values[:2]).item()
    extent = (
        field.shown_x1.values[0] - step1 / 2,
        field.shown_x1.values[-1] + step1 / 2,
        field.x2.values[0] - step2 / 2,
        field.x2.values[-1] + step2 / 2,
    )
    largest = np.abs(field.values).max()
    options = {"origin": "lower", "aspect": "auto", "cmap": "gray", "interpolation": "nearest"}
    axis.imshow(field.transpose("x2", "shown_x1"), extent=extent, vmin=-largest, vmax=largest, **options)
    axis.set(xlabel=X1, ylabel=X2)


def _retina(axis, image):
    """An image of the retina, thresholded at 0."""
    half = image.second.values[-1] + np.diff(image.second.values[:2]).item() / 2
    options = {"origin": "lower", "cmap": "gray", "interpolation": "nearest"}
    shown = image.transpose("second", "first").values > 1e-9  # zero but for rounding stays dark
    axis.imshow(shown, extent=(-half, half, -half, half), **options)
    axis.set(xticks=[], yticks=[], xlabel="retina")


def _title(axis, words):
    axis.set_title(words, loc="right", fontsize="small")


def _pictures(axes, mackay, retina, stimulus, strength):
    """Stimulus and percept of the linear field, in the cortex (above) and in the retina."""
    percept = f"percept, linear, $\\mu$ = {strength:g}"
    for picture, first, seen, prefix in ((_cortex, 0, mackay, ""), (_retina, 3, retina, "mackay_")):
        picture(axes[first], seen[f"{prefix}input"].sel(stimulus=stimulus))
        _title(axes[first], "stimulus")
        picture(axes[first + 1], seen[f"{prefix}percept"].sel(stimulus=stimulus, transfers="linear"))
        _title(axes[first + 1], percept)


def mackay_rays(mackay, retina, theory, contrast, shown_strength, edge):
    """MacKay effect: rays with a brighter fovea and the stationary activity (linear, μ = 3.8), in the cortex and,
    thresholded at 0, in the retina; ring component against x1 for the linear field and for tanh, without the localised
    part (black), with the decay of the linear pole (dotted)."""
    figure, axes = panels(2, 3, height=2.5)
    _pictures(axes, mackay, retina, "rays", shown_strength)
    _rings(axes[2], mackay, theory, contrast, "linear", edge)
    _rings(axes[5], mackay, theory, contrast, "tanh", edge)
    axes[5].legend(loc="upper right", ncols=2, title="strength $\\mu$", title_fontsize="small")
    return figure


def _rings(axis, mackay, theory, contrast, transfer, edge):
    """A0 against x1 for all strengths, and the envelope of the pole from the first extremum on."""
    chosen = mackay.ring.sel(stimulus="rays", transfers=transfer, x1=slice(0.5, 7))
    strengths = [s for s in mackay.strengths.values if s > 0]
    for strength, color in zip(strengths, colors(len(strengths), ordered=True), strict=True):
        curve = chosen.sel(strengths=strength, contrasts=contrast)
        axis.plot(curve.x1, curve, color=color, label=f"{strength:g}")
        if transfer == "linear":
            beyond = curve.sel(x1=slice(edge + 0.1, None))
            first = beyond.x1[np.abs(beyond).argmax("x1")].item()
            place = np.linspace(first, 7, 100)
            decay = theory.decay.sel(linear_strength=strength).item()
            height = np.abs(beyond).max().item() * np.exp(-decay * (place - first))
            for sign in (-1, 1):
                axis.plot(place, sign * height, ":", color=color, linewidth=0.9)
    axis.plot(chosen.x1, chosen.sel(strengths=strengths[-1], contrasts=0.0), color="black", linewidth=0.8)
    axis.axvline(edge, color="0.8", linewidth=0.8, zorder=0)
    axis.set(xlabel=X1, ylabel=RING)
    _title(axis, transfer)


def mackay_target(mackay, retina, contrast, strength, shown_strength):
    """MacKay target: rings with a brighter column and the stationary activity (linear, μ = 3.8), in the cortex
    and, thresholded at 0, in the retina; mean over x1 against x2 at μ = 3 (black: without the column), and its
    peak-to-peak."""
    figure, axes = panels(2, 3, height=2.5)
    _pictures(axes, mackay, retina, "target", shown_strength)
    transfers = mackay.transfers.values
    for transfer, color in zip(transfers, colors(len(transfers)), strict=True):
        chosen = mackay.sel(stimulus="target", transfers=transfer)
        curve = chosen.angular.sel(strengths=strength, contrasts=contrast)
        axes[2].plot(curve.x2, curve, color=color, label=transfer)
        size = chosen.peak_to_peak.sel(contrasts=contrast)
        points(axes[5], size.strengths, size, color=color, label=transfer)
    plain = mackay.angular.sel(stimulus="target", transfers=transfers[-1], strengths=strength, contrasts=0.0)
    axes[2].plot(plain.x2, plain, color="black", linewidth=0.8)
    axes[2].set(xlabel=X2, ylabel="mean over $x_1$")
    axes[2].legend(loc="upper right")
    none = mackay.peak_to_peak.sel(stimulus="target", contrasts=0.0).max("transfers")
    points(axes[5], none.strengths, none, color="black", label="no column")
    axes[5].set(xlabel="strength $\\mu$", ylabel="peak to peak over $x_2$")
    axes[5].legend(loc="upper left")
    return figure


def billock_tsou_effect(billock_tsou, retina, strength, edge):
    """Billock-Tsou effect: rays in the fovea or in the periphery only and the stationary activity (f with a floor of
    0.2, μ = 3), thresholded at 0 in the retina; ring component for rays in the fovea; its size outside for each f."""
    figure, axes = panels(2, 3, height=2.5)
    for axis, place in zip((axes[0], axes[3]), ("fovea", "periphery"), strict=True):
        _retina(axis, retina.surround_input.sel(place=place))
        _title(axis, f"stimulus in the {place}")
    for axis, place in zip((axes[1], axes[4]), ("fovea", "periphery"), strict=True):
        _retina(axis, retina.surround_percept.sel(place=place, surround_transfers="floor 0.2"))
        _title(axis, f"percept, {NAMES['floor 0.2']}, $\\mu$ = {strength:g}")
    shown = ["clip", "floor 0.5", "floor 0.2", "floor 0"]
    for transfer, color in zip(shown, colors(len(shown)), strict=True):
        curve = billock_tsou.ring.sel(place="fovea", surround_strengths=strength, surround_transfers=transfer)
        curve = curve.sel(x1=slice(0.5, 6))
        axes[2].plot(curve.x1, curve, color=color, label=NAMES[transfer])
    axes[2].axvline(edge, color="0.8", linewidth=0.8, zorder=0)
    axes[2].set(xlabel=X1, ylabel=RING)
    axes[2].legend(loc="upper right")
    transfers, strengths = billock_tsou.surround_transfers.values, billock_tsou.surround_strengths.values
    width = 0.8 / len(strengths)
    for i, (mu, color) in enumerate(zip(strengths, colors(len(strengths), ordered=True), strict=True)):
        heights = billock_tsou.ring_amplitude.sel(place="fovea", surround_strengths=mu)
        place = np.arange(len(transfers)) + width * (i - (len(strengths) - 1) / 2)
        axes[5].bar(place, heights, width, color=color, label=f"$\\mu$ = {mu:g}")
    axes[5].set_xticks(range(len(transfers)), [NAMES[name] for name in transfers], fontsize="small")
    axes[5].set(ylabel="largest $|A_0|$ outside", xlabel="transfer function $f$")
    axes[5].legend(loc="upper left")
    return figure


def threshold_scan(scan, theory, contrast, strength):
    """Rings outside against connection strength, up to the threshold of spontaneous patterns (dotted): their size,
    their number, their rate of decay (line: pole of the linear field); right: size against the contrast of the
    localised part at μ = 3."""
    figure, (size, number, decay, over) = panels(1, 4, width=2.9)
    rays = scan.sel(scan_contrasts=contrast)
    cases = {f"rays, {NAMES[f]}": (rays, "mackay", f) for f in ("linear", "tanh")}
    cases[f"rays in fovea only, {NAMES['floor 0.2']}"] = (scan, "surround", "floor 0.2")
    for (label, (dataset, kind, transfer)), color in zip(cases.items(), colors(len(cases)), strict=True):
        chosen = dataset.sel(scan_transfers=transfer)
        points(size, chosen.scan_strengths, chosen[f"{kind}_ring_amplitude"], color=color, label=label)
        points(number, chosen.scan_strengths, chosen[f"{kind}_sign_changes"], color=color)
        points(decay, chosen.scan_strengths, chosen[f"{kind}_decay"], color=color)
    decay.plot(theory.curve_strength, theory.curve_decay, color="black", zorder=0)
    decay.set(ylabel="decay rate in $x_1$", ylim=(0, 8))
    size.set(yscale="log", ylabel="largest $|A_0|$ outside", ylim=(3e-3, 30))
    size.legend(loc="upper left")
    number.set(ylabel="visible sign changes of $A_0$")
    for axis in (size, number, decay):
        axis.axvline(theory.critical_strength.item(), color="black", linestyle=":", linewidth=0.9)
        axis.set(xlabel="strength $\\mu$")
    for (_, kind, transfer), color in zip(cases.values(), colors(len(cases)), strict=True):
        if kind == "mackay":
            chosen = scan.mackay_ring_amplitude.sel(scan_transfers=transfer, scan_strengths=strength)
            points(over, chosen.scan_contrasts, chosen, color=color)
    over.set(xlabel="contrast $\\varepsilon$", ylabel="largest $|A_0|$ outside", xlim=(0, None), ylim=(0, None))
    return figure
