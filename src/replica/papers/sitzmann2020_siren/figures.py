"""Figures: pictures beside the truth and the error; theory is a line, seeds are points or thin lines."""

import numpy as np

from replica.style import colors, panels, points

ERROR = "coolwarm"


def _grid(axis, rows, columns):
    """Axes for pictures in the place of a panel, (row, column), without ticks."""
    axes = axis.get_subplotspec().subgridspec(rows, columns, wspace=0.04, hspace=0.04).subplots(squeeze=False)
    letter = {"xytext": (-14, 4), "textcoords": "offset points", "fontsize": "medium", "fontweight": "bold"}
    axes[0, 0].annotate(axis.get_title(loc="left"), (0, 1), xycoords="axes fraction", **letter)
    axis.remove()
    for small in axes.ravel():
        small.set(xticks=[], yticks=[])
        small.spines[:].set_visible(False)
    return axes


def _picture(axis, values, limit, *, low=None, cmap="gray"):
    axis.imshow(values, vmin=-limit if low is None else low, vmax=limit, cmap=cmap, interpolation="nearest")


def _broken(name):
    return name.replace(", ", ",\n")


def _palette(names):
    """One colour for each kind of network in all figures, grey for controls."""
    own = dict(zip(["SIREN", "tanh", "ReLU", "other", "ReLU-PE"], colors(5), strict=True))
    siren = next(name for name in names if name.startswith("SIREN"))
    return {name: own["SIREN"] if name == siren else own.get(name, "0.55") for name in names}


def _runs(axis, history, palette):
    """One thin line for each seed."""
    for name, color in palette.items():
        shown = history.sel(kind=name)
        for i, run in enumerate(shown.transpose(..., "iteration").values):
            axis.plot(shown.iteration, run, color=color, linewidth=0.9, label=name if i == 0 else None)


def activations(statistics):
    """SIRENs at their start.  Densities of pre-activations and activations from layer 2 on, without biases, with
    N(0, σ²) and the arcsine density (dashed); standard deviation, r.m.s. gradient (points: networks, lines: theory) and
    spectrum of the activations against depth."""
    figure, axes = panels(2, 3)
    density, arcsine, depth, gradient, spectrum, distance = axes
    wide = statistics.isel(width=-1)
    layers = statistics.layer.values
    plain = statistics.sel(bias=False)
    palette = colors(len(layers), ordered=True)
    for layer, color in list(zip(layers, palette, strict=True))[1:]:
        density.plot(statistics.z, plain.pre_activation_density.sel(layer=layer), color=color, linewidth=0.8)
        arcsine.plot(statistics.s, plain.activation_density.sel(layer=layer), color=color, linewidth=0.8)
    sigma = plain.fixed_point.item()
    normal = np.exp(-(statistics.z**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    density.plot(statistics.z, normal, "k--", linewidth=1)
    arcsine.plot(statistics.s, 1 / (np.pi * np.sqrt(1 - statistics.s**2)), "k--", linewidth=1)
    density.set(xlabel="pre-activation $z$", ylabel="density")
    arcsine.set(xlabel="activation $\\sin z$", ylabel="density", ylim=(0, 2.5))
    cases = [(0, False, "no biases"), (0, True, "biases"), (1, False, f"weights × {statistics.factor.values[1]:g}")]
    for (factor, bias, label), color in zip(cases, colors(len(cases)), strict=True):
        at = wide.isel(factor=factor).sel(bias=bias)
        for axis, values, theory in ((depth, at.deviation, at.theory), (gradient, at.gradient, at.theory_gradient)):
            axis.plot(layers, theory, color=color)
            points(axis, layers, values.mean("few_seeds"), values.std("few_seeds"), color=color, label=label)
    depth.set(yscale="log", xlabel="layer", ylabel="std. of pre-activations")
    gradient.set(yscale="log", xlabel="layer", ylabel="r.m.s. gradient of the output")
    depth.legend()
    for layer, color in zip(layers, palette, strict=True):
        shown = plain.power.sel(layer=layer).isel(frequency=slice(1, None))
        spectrum.plot(shown.frequency, shown, color=color, linewidth=0.9, label=f"layer {layer}")
    spectrum.set(xscale="log", yscale="log", xlabel="frequency (cycles per unit of $x$)", ylabel="power")
    spectrum.legend(ncols=2, fontsize="x-small")
    for bias, color, label in ((False, colors(2)[0], "no biases"), (True, colors(2)[1], "biases")):
        shown = wide.arcsine_distance.isel(factor=0).sel(bias=bias)
        points(distance, layers, shown.mean("few_seeds"), shown.std("few_seeds"), color=color, label=label)
        distance.axhline(wide.theory_arcsine_distance.sel(bias=bias), color=color)
    distance.set(xlabel="layer", ylabel="KS distance to arcsine", ylim=(0, None))
    distance.legend()
    for axis in (depth, gradient, distance):
        axis.set_xticks(layers)
    return figure


def picture_and_derivatives(images):
    """A picture fitted by networks of coordinates (first seed): values, errors, gradients and Laplacians; those of the
    picture by finite differences.  Right: peak signal-to-noise ratio in training, one line for each seed."""
    figure, (left, right) = panels(1, 2, width=5.2, height=4.6, gridspec_kw={"width_ratios": [2.6, 1]})
    names = list(images.kind.values)
    axes = _grid(left, 4, len(names) + 1)
    exact = images.exact
    slope, curvature = (float(np.quantile(np.abs(exact.isel(quantity=i)), 0.99)) for i in (1, 2))
    for column, name in enumerate(["truth", *names]):
        fields = exact if column == 0 else images.fields.sel(kind=name)
        axes[0, column].set_title(name, fontsize="small")
        _picture(axes[0, column], fields.sel(quantity="value"), 1)
        if column:
            apart = fields.sel(quantity="value") - exact.sel(quantity="value")
            _picture(axes[1, column], apart, 0.5, cmap=ERROR)
        _picture(axes[2, column], fields.sel(quantity="gradient"), slope, low=0)
        _picture(axes[3, column], fields.sel(quantity="laplacian"), curvature, cmap=ERROR)
    for row, label in enumerate(["$f$", "error", "$|\\nabla f|$", "$\\Delta f$"]):
        axes[row, 0].set_ylabel(label)
    _runs(right, images.history, _palette(names))
    right.set(xlabel="iteration", ylabel="PSNR (dB)")
    right.legend(fontsize="x-small")
    return figure


def picture_from_gradients(poisson):
    """A picture from its gradients alone: reconstructions (first seed) above their errors; the loss, and the peak
    signal-to-noise ratio, one line or point for each seed."""
    figure, (left, loss, score) = panels(1, 3, width=3.6, height=2.6, gridspec_kw={"width_ratios": [2.6, 1, 1]})
    names = list(poisson.kind.values)
    palette = _palette(names)
    axes = _grid(left, 2, len(names) + 1)
    for column, name in enumerate(["truth", *names]):
        shown = poisson.exact if column == 0 else poisson.fields.sel(kind=name)
        axes[0, column].set_title(_broken(name), fontsize="x-small")
        _picture(axes[0, column], shown, 1)
        if column:
            _picture(axes[1, column], shown - poisson.exact, 1, cmap=ERROR)
    axes[0, 0].set_ylabel("$f$")
    axes[1, 0].set_ylabel("error")
    _runs(loss, poisson.history, palette)
    loss.set(yscale="log", xlabel="iteration", ylabel="loss")
    _scores(score, poisson.psnr, palette)
    score.set_ylabel("PSNR (dB)")
    return figure


def _scores(axis, scores, palette):
    """Every seed a point, one place for each kind."""
    for i, (name, color) in enumerate(palette.items()):
        values = scores.sel(kind=name).values
        axis.plot(np.full(values.size, i), values, "o", color=color, markersize=3.5)
    axis.set_xlim(-0.5, len(palette) - 0.5)
    axis.set_xticks(range(len(palette)), [_broken(name) for name in palette], rotation=60, ha="right")
    axis.tick_params(axis="x", labelsize="x-small")


def sound_and_video(sound, video):
    """Above, a sound: a piece of it with what networks make of it (first seed), their errors, held-out errors and
    losses of all seeds.  Below, a video: frames of it and of networks fitted to a part of the voxels, and the same."""
    figure, axes = panels(2, 4, width=3.2, height=2.6, gridspec_kw={"width_ratios": [1.3, 1.3, 0.8, 0.8]})
    waveform, error, score, loss, frames, frame_errors, video_score, video_loss = axes
    names = [name for name in sound.kind.values if name != "shuffled"]
    palette = _palette(sound.kind.values)
    piece = (sound.time > -0.41) & (sound.time < -0.35)
    waveform.plot(sound.time[piece], sound.exact[piece], "k", linewidth=2.5, alpha=0.25, label="sound")
    for name in names:
        output = sound.output.sel(kind=name)
        waveform.plot(sound.time[piece], output[piece], color=palette[name], linewidth=0.9, label=name)
        # Largest error in each of a hundred pieces: the curve itself is too dense to draw.
        apart = np.abs(output - sound.exact).values
        parts = np.array_split(np.arange(apart.size), min(100, apart.size))
        middle = [float(sound.time[part].mean()) for part in parts]
        error.semilogy(middle, [apart[part].max() for part in parts], color=palette[name])
    waveform.set(xlabel="time", ylabel="amplitude", ylim=(-1.2, 2.6))
    waveform.legend(ncols=2, fontsize="x-small", loc="upper left")
    error.set(xlabel="time", ylabel="largest error nearby")
    _scores(score, sound.held_out, palette)
    score.set(yscale="log", ylabel="held-out error / variance")
    shown = np.linspace(0, video.sizes["frame"] - 1, 3).round().astype(int)
    names = ["video", *(name for name in video.kind.values if name != "shuffled")]
    pictures, errors = _grid(frames, 3, len(names)), _grid(frame_errors, 3, len(names))
    for column, name in enumerate(names):
        fields = video.exact if column == 0 else video.output.sel(kind=name)
        for axis in (pictures[0, column], errors[0, column]):
            axis.set_title(_broken(name), fontsize="x-small")
        for row, frame in enumerate(shown):
            _picture(pictures[row, column], fields.isel(frame=frame), 1.2)
            if column:
                apart = (fields - video.exact).isel(frame=frame)
                _picture(errors[row, column], apart, 1.2, cmap=ERROR)
    errors[0, 0].set_title("error of", fontsize="x-small")
    _scores(video_score, video.held_out, _palette(video.kind.values))
    video_score.set(yscale="log", ylabel="held-out error / variance")
    for axis, dataset in ((loss, sound), (video_loss, video)):
        _runs(axis, dataset.history, _palette(dataset.kind.values))
        axis.set(yscale="log", xlabel="iteration", ylabel="loss")
    return figure


def distance_of_a_curve(signed_distance, band):
    """Signed distance of a gear learnt from oriented points (first seed): the plane with the zero level in black, above
    the error near the curve.  Right: error near the curve, all seeds; the same in training.  Far away the loss does not
    say which sign is right."""
    figure, (left, score, history) = panels(1, 3, width=4.0, height=2.8, gridspec_kw={"width_ratios": [2.4, 1, 1]})
    names = list(signed_distance.kind.values)
    axes = _grid(left, 2, len(names) + 1)
    side = np.linspace(-1, 1, signed_distance.sizes["row"])
    options = {"origin": "lower", "interpolation": "nearest", "extent": (-1, 1, -1, 1)}
    exact = signed_distance.exact
    for column, name in enumerate(["truth", *names]):
        fields = exact if column == 0 else signed_distance.fields.sel(kind=name)
        levels, error = axes[:, column]
        # Rows of the grid are the first coordinate, which is drawn to the right.
        levels.imshow(fields.values.T, vmin=-0.4, vmax=0.4, cmap=ERROR, **options)
        levels.contour(side, side, fields.values.T, [0], colors="k", linewidths=0.8)
        if column:
            near = (fields - exact).where(np.abs(exact) < band).values
            error.imshow(near.T, vmin=-band, vmax=band, cmap=ERROR, **options)
        levels.set_title(_broken(name), fontsize="x-small")
    axes[0, 0].set_ylabel("distance")
    axes[1, 0].set_ylabel(f"error, $|d|$ < {band:g}")
    palette = _palette(names)
    _scores(score, signed_distance.band_error, palette)
    score.set(yscale="log", ylabel="mean error near the curve")
    _runs(history, signed_distance.history, palette)
    history.set(yscale="log", xlabel="iteration", ylabel="mean error near the curve")
    return figure


def equations(helmholtz, wave):
    """Above, u'' + k²u = g: solution and networks (first seed), relative error in training.  Below, u_tt = u_xx:
    solution, networks and errors over x (to the right) and t (up), relative error in training; one line a seed."""
    figure, (solution, error, maps, wave_error) = panels(
        2, 2, width=4.6, height=2.7, gridspec_kw={"width_ratios": [2, 1]}
    )
    palette = _palette(helmholtz.kind.values)
    solution.plot(helmholtz.x, helmholtz.exact, "k", linewidth=3, alpha=0.25, label="exact")
    for name, color in palette.items():
        solution.plot(helmholtz.x, helmholtz.output.sel(kind=name), color=color, linewidth=0.9, label=name)
    solution.set(xlabel="$x$", ylabel="$u$")
    top = float(np.abs(helmholtz.output).max())
    solution.set_ylim(-1.1 * top, 1.9 * top)
    solution.legend(ncols=3, fontsize="x-small", loc="upper center")
    for axis, dataset in ((error, helmholtz), (wave_error, wave)):
        _runs(axis, dataset.history, palette)
        axis.set(yscale="log", xlabel="iteration", ylabel="relative $L_2$ error")
    error.legend(fontsize="x-small")
    axes = _grid(maps, 2, len(palette) + 1)
    for column, name in enumerate(["exact", *palette]):
        fields = wave.exact if column == 0 else wave.output.sel(kind=name)
        axes[0, column].set_title(name, fontsize="small")
        for row, values in enumerate((fields, fields - wave.exact)):
            if row == 0 or column:
                options = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
                axes[row, column].imshow(values, vmin=-1, vmax=1, cmap=ERROR, **options)
    axes[0, 0].set_ylabel("$u(t, x)$")
    axes[1, 0].set_ylabel("error")
    return figure


def digits_from_few_pixels(prior):
    """A prior over SIRENs: error against the number of context pixels, means and spread of seeds (one SIREN with all 64
    lies below the axis); digits: context, a SIREN fitted to it alone, the hypernetwork's, its error; loss."""
    figure, (score, left, loss) = panels(1, 3, width=3.4, height=3.0, gridspec_kw={"width_ratios": [1, 1.7, 1]})
    cases = [("prior", prior.error), ("prior, shuffled", prior.shuffled_error), ("one SIREN", prior.single_error)]
    palette = colors(len(cases))
    for (label, values), color in zip(cases, palette, strict=True):
        several = "few_seeds" in values.dims
        mean, spread = (values.mean("few_seeds"), values.std("few_seeds")) if several else (values, None)
        points(score, values.context_pixels, mean, spread, color=color, label=label)
        score.plot(values.context_pixels, mean, color=color, linewidth=0.6)
    score.axhline(prior.mean_image_error, color="k", linestyle=":", label="mean image")
    score.set(xscale="log", yscale="log", ylim=(0.01, None), xlabel="context pixels", ylabel="test mean squared error")
    score.set_xticks(prior.context_pixels.values, prior.context_pixels.values)
    score.minorticks_off()
    score.legend(fontsize="x-small", loc="lower left")
    shown = [n for n in (10, 40) if n in prior.context_pixels]
    images = prior.sizes["image"] // 2
    axes = _grid(left, 5, 2 * images)
    for column in range(2 * images):
        count, image = shown[column // images % len(shown)], column
        truth = prior.exact.isel(image=image)
        at = prior.sel(context_pixels=count).isel(image=image)
        context = at.examples.sel(maker="context").where(at.masks)
        made = at.examples.sel(maker="prior")
        rows = [truth, context, at.examples.sel(maker="single"), made, made - truth]
        for row, values in enumerate(rows):
            axis = axes[row, column]
            axis.set_facecolor("tab:blue")
            _picture(axis, values.values.reshape(8, 8), 1.0, cmap="gray" if row < 4 else ERROR)
        axes[0, column].set_title(f"{count} pixels", fontsize="x-small")
    for row, label in enumerate(["truth", "context", "one SIREN", "prior", "error"]):
        axes[row, 0].set_ylabel(label, fontsize="x-small")
    for context, color in zip(prior.context.values, palette, strict=False):
        for seed in prior.few_seeds:
            shown_loss = prior.history.sel(context=context, few_seeds=seed)
            label = context if seed == prior.few_seeds[0] else None
            loss.plot(shown_loss.iteration, shown_loss, color=color, linewidth=0.9, label=label)
    loss.set(xlabel="iteration", ylabel="loss")
    loss.legend(title="context pixels", fontsize="x-small", title_fontsize="x-small")
    return figure
