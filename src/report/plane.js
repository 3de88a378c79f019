/* The information plane: data, scales and drawing.  page.js handles what the reader does.
 *
 * A frame is one snapshot.  The trail up to frame k is k paths, one per step in time, each
 * over all layers (and seeds), so that a frame costs one attribute, whatever is shown. */
'use strict';

const SVG = 'http://www.w3.org/2000/svg'; /* a name, never fetched */

/* ---- data ---- */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/* Differences in thousandths of a bit as base-64 VLQ; "." is a missing value. */
function decode(text, n) {
	const out = new Float64Array(n).fill(NaN);
	let at = 0, value = 0;
	for (let i = 0; i < n && at < text.length; i++) {
		if (text[at] === '.') { at++; continue; }
		let raw = 0, weight = 1, digit;
		do {
			digit = DIGITS.indexOf(text[at++]);
			raw += (digit & 31) * weight;
			weight *= 32;
		} while (digit & 32);
		value += raw % 2 ? -(raw - 1) / 2 : raw / 2;
		out[i] = value / 1000;
	}
	return out;
}

/* One run's series of one layer, decoded when first asked for. */
function series(study, run, estimator, layer) {
	const key = estimator * study.layer.length + layer;
	run.cache = run.cache || [];
	if (!run.cache[key]) {
		run.cache[key] = { x: decode(run.x[estimator][layer], study.step.length),
			y: decode(run.y[estimator][layer], study.step.length), name: 'seed ' + run.seed, dead: !run.alive };
	}
	return run.cache[key];
}

function moments(values) {
	const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
	return { mean, sd: n > 1 ? Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1)) : NaN };
}

/* Mean and standard deviation over the live runs, frame by frame. */
function meanTrack(study, runs, estimator, layer) {
	const all = runs.filter((r) => r.alive).map((r) => series(study, r, estimator, layer));
	const n = study.step.length, make = () => new Float64Array(n).fill(NaN);
	const out = { x: make(), y: make(), sx: make(), sy: make(), name: 'mean of ' + all.length + ' live seeds', dead: false };
	for (let t = 0; t < n; t++) {
		const here = all.filter((s) => isFinite(s.x[t]) && isFinite(s.y[t]));
		if (here.length === 0) continue;
		const x = moments(here.map((s) => s.x[t])), y = moments(here.map((s) => s.y[t]));
		out.x[t] = x.mean; out.y[t] = y.mean; out.sx[t] = x.sd; out.sy[t] = y.sd;
	}
	return out;
}

/* What one panel shows: tracks[layer] is a list of tracks.  mode: "mean", "all" or a seed. */
function tracksOf(study, arm, estimator, mode) {
	const runs = study.run.filter((r) => r.arm === arm && (mode === 'mean' || mode === 'all' || r.seed === mode.slice(5)));
	return study.layer.map((_, layer) => {
		if (mode !== 'mean') return runs.map((r) => series(study, r, estimator, layer));
		return runs.some((r) => r.alive) ? [meanTrack(study, runs, estimator, layer)] : [];
	});
}

/* ---- scales, colours, shapes ---- */

function niceTicks(lo, hi, wanted) {
	const raw = (hi - lo) / wanted, ten = Math.pow(10, Math.floor(Math.log10(raw)));
	const step = [1, 2, 5, 10].map((m) => m * ten).find((s) => s >= raw);
	const out = [];
	for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + 1e-9 * step; k++) out.push(k * step);
	return out;
}

/* Trailing zeros and rounding noise do not belong on an axis. */
function tickText(v) {
	return String(parseFloat(v.toPrecision(6))).replace('-', '\u2212');
}

/* 0 .. 1 along the logarithm of the epoch; epoch 0 stands at a third of the first one after it. */
function epochScale(study) {
	const positive = study.epoch.filter((e) => e > 0);
	const first = positive.length ? Math.min(...positive) : 1, last = positive.length ? Math.max(...positive) : 1;
	const lo = Math.log(first / 3), hi = Math.max(Math.log(last), lo + 1e-9);
	return { first, last, at: (e) => (e > 0 ? (Math.log(e) - lo) / (hi - lo) : 0) };
}

/* Cividis (Nunez, Anderton, Renslow 2018): monotone in lightness for every eye. */
const CIVIDIS = ['00204d', '00336f', '39486b', '575c6d', '707173', '8a8779', 'a69d75', 'c4b56c', 'e4cf5b', 'ffea46'];

function cividis(t) {
	const at = Math.min(Math.max(t, 0), 1) * (CIVIDIS.length - 1), i = Math.min(Math.floor(at), CIVIDIS.length - 2);
	const channel = (k) => {
		const a = parseInt(CIVIDIS[i].substr(k, 2), 16), b = parseInt(CIVIDIS[i + 1].substr(k, 2), 16);
		return Math.round(a + (b - a) * (at - i));
	};
	return 'rgb(' + channel(0) + ',' + channel(2) + ',' + channel(4) + ')';
}

/* The end of the scale that the background would swallow is left out; style.css picks. */
function epochStyle(t) {
	return '--l:' + cividis(0.84 * t) + ';--d:' + cividis(0.32 + 0.68 * t);
}

/* A shape is a function of size and place that returns a path. */
function polygon(n, turn, inner) {
	const corners = inner ? 2 * n : n;
	return (r, x, y) => {
		let d = '';
		for (let k = 0; k < corners; k++) {
			const a = (turn + (360 * k) / corners) * (Math.PI / 180), s = inner && k % 2 ? inner * r : r;
			d += (k ? 'L' : 'M') + (x + s * Math.cos(a)).toFixed(1) + ' ' + (y + s * Math.sin(a)).toFixed(1);
		}
		return d + 'Z';
	};
}
function circle(r, x, y) {
	return 'M' + (x - r).toFixed(1) + ' ' + y.toFixed(1) + 'a' + r + ' ' + r + ' 0 1 0 ' + 2 * r + ' 0a' + r + ' ' + r + ' 0 1 0 ' + -2 * r + ' 0Z';
}
function larger(shape, factor) {
	return (r, x, y) => shape(factor * r, x, y);
}
const SHAPES = [circle, larger(polygon(4, 45), 1.25), larger(polygon(3, -90), 1.3), larger(polygon(4, 0), 1.3),
	larger(polygon(3, 90), 1.3), larger(polygon(5, -90, 0.45), 1.5), polygon(6, 0), larger(polygon(4, 0, 0.35), 1.5)];

/* ---- drawing ---- */

function element(parent, name, attributes, text) {
	const e = document.createElementNS(SVG, name);
	for (const key in attributes) e.setAttribute(key, attributes[key]);
	if (text !== undefined) e.textContent = text;
	if (parent) parent.appendChild(e);
	return e;
}

/* The range of everything that any panel can show under the estimator, so that panels and
 * modes can be compared; zero is always in it. */
function planeRange(study, estimator) {
	const range = { x: [0, study.ceiling[estimator] || 1e-3], y: [0, study.h_y || 1e-3] };
	for (const run of study.run)
		for (let l = 0; l < study.layer.length; l++) {
			const s = series(study, run, estimator, l);
			for (const k of ['x', 'y'])
				for (const v of s[k]) if (isFinite(v)) range[k] = [Math.min(range[k][0], v), Math.max(range[k][1], v)];
		}
	const pad = ([lo, hi]) => [lo - 0.03 * (hi - lo), hi + 0.05 * (hi - lo)];
	return { x: pad(range.x), y: pad(range.y) };
}

const MARGIN = { left: 50, right: 46, top: 46, bottom: 44 };

/* The still parts of a panel: axes, grid, ceilings, title. */
function drawFrame(panel, study, estimator, title, subtitle) {
	const { svg, width, height, range } = panel;
	const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
	const sx = (v) => box.left + ((v - range.x[0]) / (range.x[1] - range.x[0])) * (box.right - box.left);
	const sy = (v) => box.bottom - ((v - range.y[0]) / (range.y[1] - range.y[0])) * (box.bottom - box.top);
	Object.assign(panel, { box, sx, sy });
	for (const v of niceTicks(range.x[0], range.x[1], (box.right - box.left) / 60)) {
		element(svg, 'path', { class: 'grid', d: 'M' + sx(v) + ' ' + box.top + 'V' + box.bottom });
		element(svg, 'text', { class: 'quiet', x: sx(v), y: box.bottom + 17, 'text-anchor': 'middle' }, tickText(v));
	}
	for (const v of niceTicks(range.y[0], range.y[1], (box.bottom - box.top) / 50)) {
		element(svg, 'path', { class: 'grid', d: 'M' + box.left + ' ' + sy(v) + 'H' + box.right });
		element(svg, 'text', { class: 'quiet', x: box.left - 7, y: sy(v) + 4, 'text-anchor': 'end' }, tickText(v));
	}
	element(svg, 'path', { class: 'axis', d: 'M' + box.left + ' ' + box.top + 'V' + box.bottom + 'H' + box.right });
	drawCeilings(panel, study, estimator);
	element(svg, 'text', { x: (box.left + box.right) / 2, y: height - 8, 'text-anchor': 'middle' }, 'I(X;T)  [bit]');
	element(svg, 'text', { x: 0, y: 0, 'text-anchor': 'middle',
		transform: 'translate(13 ' + (box.top + box.bottom) / 2 + ') rotate(-90)' }, 'I(T;Y)  [bit]');
	const head = element(svg, 'text', { class: 'title', x: box.left, y: 16 }, title);
	element(head, 'tspan', { class: 'quiet', dx: 9, 'font-size': '12px', 'font-weight': 400 }, subtitle);
}

function drawCeilings(panel, study, estimator) {
	const { svg, box, sx, sy } = panel, most = study.ceiling[estimator];
	if (most > 0) {
		const exact = study.n > 0 && Math.abs(Math.log2(study.n) - most) < 0.005;
		element(svg, 'path', { class: 'ceiling', d: 'M' + sx(most) + ' ' + box.top + 'V' + box.bottom });
		element(svg, 'text', { class: 'quiet', x: Math.min(sx(most), box.right), y: box.top - 8, 'text-anchor': 'end' },
			(exact ? 'log\u2082 n = ' : 'ceiling ') + tickText(Number(most.toFixed(3))));
	}
	if (study.h_y > 0) {
		element(svg, 'path', { class: 'ceiling', d: 'M' + box.left + ' ' + sy(study.h_y) + 'H' + box.right });
		element(svg, 'text', { class: 'quiet', x: box.right + 5, y: sy(study.h_y) + 4 }, 'H(Y)');
	}
}

/* The task's own information-bottleneck curve, behind everything that moves. */
function drawOptimum(panel, study) {
	const o = study.optimum && study.optimum[panel.arm], { svg, sx, sy, range } = panel;
	if (!o) return;
	let d = '';
	for (let i = 0; i < o.x.length && (i === 0 || o.x[i - 1] < range.x[1]); i++) {
		const over = o.x[i] - range.x[1], y = over > 0 ? o.y[i] - (over * (o.y[i] - o.y[i - 1])) / (o.x[i] - o.x[i - 1]) : o.y[i];
		d += (i ? 'L' : 'M') + sx(Math.min(o.x[i], range.x[1])).toFixed(1) + ' ' + sy(y).toFixed(1);
	}
	element(element(svg, 'path', { class: 'optimum', d }), 'title', {}, 'Information-bottleneck curve of the task');
}

/* The last frame before `t` with a value, so that gaps are bridged; -1 if there is none. */
function lastBefore(track, t) {
	while (--t >= 0 && !(isFinite(track.x[t]) && isFinite(track.y[t])));
	return t;
}

/* Frames whose epoch enters another third of a decade carry small marks on the trail. */
function beadFrames(study) {
	const out = new Set();
	let before = null;
	study.epoch.forEach((e, t) => {
		const third = e > 0 ? Math.floor(3 * Math.log10(e) + 1e-9) : -Infinity;
		if (third !== before) out.add(t);
		before = third;
	});
	return out;
}

/* All of the trail; showTrail reveals it frame by frame. */
function drawTrail(panel, study, scale) {
	const { svg, sx, sy, tracks, many } = panel, beads = beadFrames(study);
	const group = element(svg, 'g', { class: many ? 'many' : 'one' });
	panel.steps = [];
	for (let t = 0; t < study.step.length; t++) {
		let line = '', marks = '';
		tracks.forEach((list, layer) => list.forEach((track) => {
			if (track.dead && many || !isFinite(track.x[t]) || !isFinite(track.y[t])) return;
			const from = lastBefore(track, t), x = sx(track.x[t]), y = sy(track.y[t]);
			if (from >= 0) line += 'M' + sx(track.x[from]).toFixed(1) + ' ' + sy(track.y[from]).toFixed(1) + 'L' + x.toFixed(1) +
				' ' + y.toFixed(1);
			if (!many && beads.has(t)) marks += SHAPES[layer % SHAPES.length](3, x, y);
		}));
		const g = element(group, 'g', { style: epochStyle(scale.at(study.epoch[t])), visibility: 'hidden' });
		if (line) element(g, 'path', { class: 'trail', d: line });
		if (marks) element(g, 'path', { class: 'bead', d: marks });
		panel.steps.push(g);
	}
	panel.shown = -1;
}

function showTrail(panel, frame) {
	while (panel.shown < frame) panel.steps[++panel.shown].setAttribute('visibility', 'inherit');
	while (panel.shown > frame) panel.steps[panel.shown--].setAttribute('visibility', 'hidden');
}

/* The moving marks, one per layer and track, and the labels. */
function createHeads(panel, study) {
	const { svg, tracks, many } = panel;
	panel.spread = element(svg, 'path', { class: 'spread' });
	panel.leaders = element(svg, 'path', { class: 'leader' });
	const group = element(svg, 'g', { class: many ? 'many' : 'one' });
	panel.heads = tracks.map((list, layer) => list.map((track) => element(group, 'path', {
		class: track.dead ? 'head dead' : 'head', d: SHAPES[layer % SHAPES.length](many ? 3.2 : 5.6, 0, 0) })));
	panel.labels = study.layer.map((name) => {
		const text = element(svg, 'text', { class: 'name', visibility: 'hidden' }, name);
		return { text, width: 0, choice: 0 };
	});
	panel.ring = element(svg, 'circle', { class: 'ring', r: 9, visibility: 'hidden' });
}

function positionOf(track, frame) {
	const t = isFinite(track.x[frame]) && isFinite(track.y[frame]) ? frame : lastBefore(track, frame);
	return t < 0 ? null : { t, x: track.x[t], y: track.y[t] };
}

function moveHeads(panel, study, scale, frame) {
	const { tracks, sx, sy } = panel;
	const style = epochStyle(scale.at(study.epoch[frame])), anchors = [];
	let cross = '';
	tracks.forEach((list, layer) => {
		const live = [];
		list.forEach((track, k) => {
			const at = positionOf(track, frame), head = panel.heads[layer][k];
			head.setAttribute('visibility', at ? 'inherit' : 'hidden');
			if (!at) return;
			const x = sx(at.x), y = sy(at.y);
			head.setAttribute('transform', 'translate(' + x.toFixed(1) + ' ' + y.toFixed(1) + ')');
			head.setAttribute('style', style);
			if (!track.dead || list.length === 1) live.push([x, y]);
			if (track.sx && isFinite(track.sx[at.t])) cross += crossPath(panel, track, at);
		});
		anchors[layer] = live.length ? [moments(live.map((p) => p[0])).mean, moments(live.map((p) => p[1])).mean] : null;
	});
	panel.spread.setAttribute('d', cross || 'M0 0');
	placeLabels(panel, anchors);
}

/* One standard deviation over seeds, in both directions, cut at the panel's edge. */
function crossPath(panel, track, at) {
	const { sx, sy, box } = panel, cut = (v, lo, hi) => Math.min(Math.max(v, lo), hi).toFixed(1);
	return 'M' + cut(sx(at.x - track.sx[at.t]), box.left, box.right) + ' ' + sy(at.y).toFixed(1) +
		'H' + cut(sx(at.x + track.sx[at.t]), box.left, box.right) +
		'M' + sx(at.x).toFixed(1) + ' ' + cut(sy(at.y - track.sy[at.t]), box.top, box.bottom) +
		'V' + cut(sy(at.y + track.sy[at.t]), box.top, box.bottom);
}

/* ---- labels beside the moving marks ---- */

const TEXT_HEIGHT = 15;
const PLACES = [];
for (const far of [9, 18, 30, 44, 60, 80, 105])
	for (const turn of [0, 180, 40, -40, 140, -140, 90, -90, 65, -65, 115, -115]) {
		PLACES.push({ far, dx: Math.cos((turn * Math.PI) / 180), dy: Math.sin((turn * Math.PI) / 180) });
	}

function labelBox(anchor, place, width) {
	const x = anchor[0] + place.dx * (place.far + width / 2), y = anchor[1] + place.dy * (place.far + TEXT_HEIGHT / 2);
	return { x, y, left: x - width / 2 - 2, right: x + width / 2 + 2, top: y - TEXT_HEIGHT / 2 - 1, bottom: y + TEXT_HEIGHT / 2 + 1 };
}

function overlap(a, b) {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/* A label keeps its place as long as nothing is in its way; else the nearest free one. */
function placeLabels(panel, anchors) {
	const { box } = panel, taken = [];
	for (const a of anchors) if (a) taken.push({ left: a[0] - 6, right: a[0] + 6, top: a[1] - 6, bottom: a[1] + 6 });
	let leaders = '';
	panel.labels.forEach((label, layer) => {
		const anchor = anchors[layer];
		if (anchor && !label.width) label.width = label.text.getComputedTextLength();
		const free = (p) => {
			const b = labelBox(anchor, PLACES[p], label.width);
			const inside = b.left > box.left && b.right < box.right && b.top > box.top && b.bottom < box.bottom;
			return inside && !taken.some((t) => overlap(b, t)) ? b : null;
		};
		let choice = label.choice, found = anchor && free(choice);
		for (let p = 0; anchor && p < PLACES.length && (!found || PLACES[choice].far > PLACES[p].far); p++) {
			const better = free(p);
			if (better) { found = better; choice = p; }
		}
		label.text.setAttribute('visibility', found ? 'inherit' : 'hidden');
		if (!found) return;
		label.choice = choice;
		taken.push(found);
		label.text.setAttribute('x', (found.x - label.width / 2).toFixed(1));
		label.text.setAttribute('y', (found.y + 4).toFixed(1));
		if (PLACES[choice].far > 9) leaders += leader(anchor, found);
	});
	panel.leaders.setAttribute('d', leaders || 'M0 0');
}

/* From the mark to the nearest point of the label's box. */
function leader(anchor, b) {
	const x = Math.min(Math.max(anchor[0], b.left + 1), b.right - 1), y = Math.min(Math.max(anchor[1], b.top + 1), b.bottom - 1);
	return 'M' + anchor[0].toFixed(1) + ' ' + anchor[1].toFixed(1) + 'L' + x.toFixed(1) + ' ' + y.toFixed(1);
}

/* ---- the colour bar ---- */

function drawBar(svg, study, scale, width) {
	const left = 8, right = width - 22, top = 12, height = 12, n = 120;
	const sx = (t) => left + t * (right - left);
	for (let k = 0; k < n; k++) {
		element(svg, 'rect', { class: 'swatch', x: sx(k / n).toFixed(1), y: top, width: ((right - left) / n + 0.6).toFixed(1), height,
			style: epochStyle((k + 0.5) / n) });
	}
	const ticks = study.epoch[0] > 0 ? [] : [0];
	for (let p = Math.ceil(Math.log10(scale.first)); p <= Math.log10(scale.last) + 1e-9; p++) ticks.push(Math.pow(10, p));
	for (const e of ticks) {
		element(svg, 'path', { class: 'axis', d: 'M' + sx(scale.at(e)).toFixed(1) + ' ' + (top + height) + 'v4' });
		element(svg, 'text', { class: 'quiet', x: sx(scale.at(e)), y: top + height + 17, 'text-anchor': 'middle' }, tickText(e));
	}
	const pointer = element(svg, 'path', { class: 'head', d: 'M0 0l-5 -9h10Z' });
	return (frame) => pointer.setAttribute('transform', 'translate(' + sx(scale.at(study.epoch[frame])).toFixed(1) + ' ' + (top + 1) + ')');
}
