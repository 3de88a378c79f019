/* What the reader does with the planes: play, slide, step, choose, point.
 * Each .plane element is one experiment; its data stand in the <script> that data-from names. */

const PLAY_SECONDS = 10;
const SIDE_BY_SIDE = 3; /* with more arms the reader chooses two */

/* ---- small makers ---- */

function make(parent, name, attributes, text) {
	const e = document.createElement(name);
	for (const key in attributes) e.setAttribute(key, attributes[key]);
	if (text !== undefined) e.textContent = text;
	parent.appendChild(e);
	return e;
}

function choice(parent, label, options, selected) {
	const box = make(parent, 'label', {}, label + ' '), select = make(box, 'select', {});
	for (const [value, text] of options) make(select, 'option', { value }, text);
	select.value = selected;
	return select;
}

function fixed(v, digits) {
	return isFinite(v) ? v.toFixed(digits).replace('-', '\u2212') : '\u2013';
}

function epochText(e) {
	return tickText(Number(e.toPrecision(e < 100 ? 3 : 6)));
}

/* ---- one plane ---- */

class Plane {
	constructor(root, study) {
		Object.assign(this, { root, study, frame: study.step.length - 1, playing: false });
		this.scale = epochScale(study);
		this.controls();
		this.choices();
		this.panelBox = make(root, 'div', { class: 'panels' });
		this.barBox = make(root, 'div', { class: 'bar' });
		this.tip = make(root, 'div', { class: 'tip', hidden: '' });
		this.details = make(root, 'details', {});
		make(this.details, 'summary', {}, 'Numbers at this epoch');
		this.table = make(make(this.details, 'div', { class: 'scroll' }), 'table', { class: 'plain' });
		this.details.addEventListener('toggle', () => this.fillTable());
		root.addEventListener('keydown', (event) => this.key(event));
		new ResizeObserver(() => this.resized()).observe(root);
		this.build();
	}

	controls() {
		const row = make(this.root, 'div', { class: 'row time' }), last = this.study.step.length - 1;
		this.button = make(row, 'button', { type: 'button', 'aria-label': 'Play or pause the animation' }, '\u25b6 Play');
		this.slider = make(row, 'input', { type: 'range', min: 0, max: last, step: 1, value: last, 'aria-label': 'Snapshot' });
		this.readout = make(row, 'output', {});
		this.button.addEventListener('click', () => this.toggle());
		this.slider.addEventListener('input', () => { this.stop(); this.go(Number(this.slider.value)); });
		this.slider.addEventListener('change', () => this.remember());
	}

	choices() {
		const row = make(this.root, 'div', { class: 'row choices' }), { study } = this;
		const seeds = [...new Set(study.run.map((r) => r.seed))];
		this.estimator = choice(row, 'Estimator', study.estimator.map((e, i) => [i, e]), 0);
		this.mode = choice(row, 'Show', [['mean', 'mean over live seeds'], ['all', 'all seeds'],
			...seeds.map((s) => ['seed ' + s, 'seed ' + (s || '(unnamed)')])], 'mean');
		const names = study.arm.map((a, i) => [i, a.label]);
		this.sides = names.length > SIDE_BY_SIDE
			? [choice(row, 'Left', names, 0), choice(row, 'Right', names, names.length - 1)] : [];
		for (const select of [this.estimator, this.mode, ...this.sides]) select.addEventListener('change', () => this.build());
	}

	shownArms() {
		return this.sides.length ? this.sides.map((s) => Number(s.value)) : this.study.arm.map((_, i) => i);
	}

	/* Draws everything anew: at the start, after a choice, at another size. */
	build() {
		const { study } = this, estimator = Number(this.estimator.value), mode = this.mode.value;
		const range = planeRange(study, estimator);
		this.panelBox.textContent = '';
		this.panels = this.shownArms().map((arm) => {
			const box = make(this.panelBox, 'div', {});
			const width = Math.max(300, Math.floor(box.clientWidth || 480));
			const height = Math.round(Math.min(520, Math.max(330, 0.8 * width)));
			const svg = element(box, 'svg', { viewBox: '0 0 ' + width + ' ' + height, role: 'img' });
			return { arm, box, svg, width, height, range, many: mode === 'all' };
		});
		/* The first panels were measured before the grid knew its columns. */
		for (const panel of this.panels) this.buildPanel(panel, estimator, mode);
		this.builtWidth = this.root.clientWidth;
		this.buildBar();
		this.go(this.frame);
	}

	buildPanel(panel, estimator, mode) {
		const { study } = this, arm = study.arm[panel.arm];
		panel.width = Math.max(300, Math.floor(panel.box.clientWidth || 480));
		panel.height = Math.round(Math.min(520, Math.max(330, 0.8 * panel.width)));
		panel.svg.setAttribute('viewBox', '0 0 ' + panel.width + ' ' + panel.height);
		panel.tracks = tracksOf(study, panel.arm, estimator, mode);
		drawFrame(panel, study, estimator, arm.label, this.subtitle(panel, arm, mode));
		drawOptimum(panel, study);
		drawTrail(panel, study, this.scale);
		createHeads(panel, study);
		panel.svg.setAttribute('aria-label', 'Information plane, ' + arm.label + ', estimator ' + study.estimator[estimator] +
			': I(T;Y) against I(X;T), both in bit, one mark per layer');
		panel.svg.addEventListener('pointermove', (event) => this.point(panel, event));
		panel.svg.addEventListener('pointerleave', () => this.unpoint());
	}

	subtitle(panel, arm, mode) {
		const dead = arm.runs - arm.live;
		if (mode === 'mean') return arm.live + ' live' + (dead ? ', ' + dead + ' dead left out' : '');
		if (mode === 'all') return arm.live + ' live' + (dead ? ', ' + dead + ' dead (dashed)' : '');
		const track = panel.tracks[0] && panel.tracks[0][0];
		return mode + (track ? (track.dead ? ', dead' : '') : ': no run');
	}

	buildBar() {
		this.barBox.textContent = '';
		const width = Math.max(300, this.barBox.clientWidth || 600);
		const note = make(this.barBox, 'div', { class: 'note', style: 'font-size:.85rem' },
			(this.study.axis.length ? 'Panels: ' + this.study.axis.join(', ') + '. ' : '') + 'Mark: layer. Colour: epoch, logarithmic. ' +
			(this.mode.value === 'mean' ? 'Cross: one standard deviation over seeds. ' : ''));
		if ((this.study.optimum || []).some((o) => o)) this.nameOptimum(note);
		const svg = element(this.barBox, 'svg', { viewBox: '0 0 ' + width + ' 46', 'aria-hidden': 'true' });
		this.pointer = drawBar(svg, this.study, this.scale, width);
	}

	nameOptimum(note) {
		const sample = element(note, 'svg', { viewBox: '0 0 26 8', class: 'sample', 'aria-hidden': 'true' });
		element(sample, 'path', { class: 'optimum', d: 'M1 4H25' });
		make(note, 'span', {}, ' the task\u2019s own information-bottleneck curve: no layer can lie above it; estimates can.');
	}

	resized() {
		if (Math.abs(this.root.clientWidth - this.builtWidth) > 1) this.build();
	}

	/* ---- time ---- */

	go(frame) {
		const { study } = this, last = study.step.length - 1;
		this.frame = Math.min(Math.max(frame, 0), last);
		for (const panel of this.panels) {
			showTrail(panel, this.frame);
			moveHeads(panel, study, this.scale, this.frame);
		}
		this.pointer(this.frame);
		this.slider.value = this.frame;
		const where = 'epoch ' + epochText(study.epoch[this.frame]);
		this.slider.setAttribute('aria-valuetext', where);
		this.readout.textContent = where + '  \u00b7  step ' + study.step[this.frame] + '  \u00b7  ' + this.frame + '/' + last;
		this.unpoint();
		this.fillTable();
		document.body.dataset.drawn = this.frame;
	}

	toggle() {
		if (this.playing) { this.stop(); this.remember(); return; }
		const last = this.study.step.length - 1, rate = Math.max(8, last / PLAY_SECONDS);
		if (this.frame === last) this.go(0);
		const from = this.frame;
		let start = null;
		this.playing = true;
		this.button.textContent = '\u275a\u275a Pause';
		const tick = (now) => {
			if (!this.playing) return;
			if (start === null) start = now;
			const frame = Math.min(last, from + Math.floor(((now - start) / 1000) * rate));
			if (frame !== this.frame) this.go(frame);
			if (frame === last) { this.stop(); this.remember(); } else requestAnimationFrame(tick);
		};
		requestAnimationFrame(tick);
	}

	stop() {
		this.playing = false;
		this.button.textContent = '\u25b6 Play';
	}

	/* The address names the frame, so that a view can be sent to somebody. */
	remember() {
		try { history.replaceState(null, '', '#frame=' + this.frame); } catch (e) { /* some viewers forbid it */ }
	}

	key(event) {
		const target = event.target.tagName, last = this.study.step.length - 1;
		const jump = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -last, End: last }[event.key];
		if (target === 'SELECT' || target === 'SUMMARY' || event.altKey || event.ctrlKey || event.metaKey) return;
		if (event.key === ' ' && target !== 'BUTTON') this.toggle();
		else if (jump !== undefined) { this.stop(); this.go(this.frame + jump); this.remember(); } else return;
		event.preventDefault();
	}

	/* ---- pointing ---- */

	/* The nearest point of the trails so far within 22 units, or null. */
	nearest(panel, px, py) {
		let best = null, least = 22 * 22;
		panel.tracks.forEach((list, layer) => list.forEach((track) => {
			for (let t = 0; t <= this.frame; t++) {
				const d = (panel.sx(track.x[t]) - px) ** 2 + (panel.sy(track.y[t]) - py) ** 2;
				if (d <= least) { least = d; best = { layer, track, t }; }
			}
		}));
		return best;
	}

	point(panel, event) {
		const frame = panel.svg.getBoundingClientRect(), unit = panel.width / frame.width;
		const hit = this.nearest(panel, (event.clientX - frame.left) * unit, (event.clientY - frame.top) * unit);
		this.unpoint();
		if (!hit) return;
		const { track, t } = hit, { study } = this;
		const spread = (s) => (s && isFinite(s[t]) ? ' \u00b1 ' + fixed(s[t], 3) : '');
		this.tip.textContent = study.layer[hit.layer] + '  \u00b7  ' + track.name + (track.dead ? ' (dead)' : '') + '\nepoch ' +
			epochText(study.epoch[t]) + ', step ' + study.step[t] + '\nI(X;T) ' + fixed(track.x[t], 3) + spread(track.sx) +
			' bit\nI(T;Y) ' + fixed(track.y[t], 3) + spread(track.sy) + ' bit';
		this.tip.hidden = false;
		panel.ring.setAttribute('cx', panel.sx(track.x[t]));
		panel.ring.setAttribute('cy', panel.sy(track.y[t]));
		panel.ring.setAttribute('visibility', 'inherit');
		const root = this.root.getBoundingClientRect(), x = event.clientX - root.left, y = event.clientY - root.top;
		this.tip.style.left = Math.max(4, Math.min(x + 16, root.width - this.tip.offsetWidth - 8)) + 'px';
		this.tip.style.top = y + (y > root.height / 2 ? -this.tip.offsetHeight - 12 : 18) + 'px';
	}

	unpoint() {
		this.tip.hidden = true;
		for (const panel of this.panels) panel.ring.setAttribute('visibility', 'hidden');
	}

	/* ---- the same in numbers ---- */

	fillTable() {
		if (!this.details.open) return;
		const { study, table } = this;
		table.textContent = '';
		const head = make(make(table, 'thead', {}), 'tr', {}), body = make(table, 'tbody', {});
		make(head, 'th', { scope: 'col' }, 'layer');
		for (const panel of this.panels)
			for (const what of ['I(X;T) [bit]', 'I(T;Y) [bit]']) make(head, 'th', { scope: 'col', class: 'n' },
				study.arm[panel.arm].label + ': ' + what);
		study.layer.forEach((name, layer) => {
			const row = make(body, 'tr', {});
			make(row, 'th', { scope: 'row' }, name);
			for (const panel of this.panels)
				for (const k of ['x', 'y']) make(row, 'td', { class: 'n' }, this.cell(panel.tracks[layer], k));
		});
	}

	/* Mean and spread over what the panel shows of a layer. */
	cell(list, k) {
		const live = list.filter((s) => !s.dead || list.length === 1);
		const at = live.map((s) => positionOf(s, this.frame)).filter((p) => p);
		if (at.length === 0) return '\u2013';
		const one = live.length === 1 && live[0].sx;
		const m = moments(at.map((p) => p[k])), sd = one ? live[0]['s' + k][at[0].t] : m.sd;
		return fixed(m.mean, 3) + (isFinite(sd) ? ' \u00b1 ' + fixed(sd, 3) : '');
	}
}

/* ---- the page ---- */

function frameInHash() {
	const found = /^#(?:frame=)?(\d+)$/.exec(location.hash);
	return found ? Number(found[1]) : null;
}

function start() {
	const planes = [...document.querySelectorAll('.plane')].map((root) =>
		new Plane(root, JSON.parse(document.getElementById(root.dataset.from).textContent)));
	const follow = () => {
		const frame = frameInHash();
		if (frame !== null) for (const plane of planes) { plane.stop(); plane.go(frame); }
	};
	window.addEventListener('hashchange', follow);
	/* Paper shows all there is. */
	window.addEventListener('beforeprint', () => document.querySelectorAll('details.figure').forEach((d) => { d.open = true; }));
	follow();
}

start();
