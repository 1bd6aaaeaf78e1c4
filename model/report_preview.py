"""Bodies in a page: strips of stick figures, and small canvases in which dances play."""

import base64
import json
from html import escape

import numpy as np

from model.evaluation.dance import Dance
from model.metrics.body import F64
from motion.skeleton import BONES, PARENTS

FIGURES = 18
APART = 1.0  # m between the figures of a strip
SCALE = 58  # pixels a metre
LEFT, RIGHT = "#c8452f", "#2f5fc8"

PLAYER = """
const links=LINKS;let start=null;
const dances=[...document.querySelectorAll('canvas[data-dance]')].map(canvas=>{
  const d=JSON.parse(canvas.dataset.dance),raw=Uint8Array.from(atob(d.frames),c=>c.charCodeAt(0));
  return{canvas,fps:d.fps,beats:d.beats,at:new Int16Array(raw.buffer),count:d.count};});
function draw(now){
  start??=now;
  for(const d of dances){
    const t=((now-start)/1e3)%(d.count/d.fps),k=Math.min(t*d.fps,d.count-1.001),i=Math.floor(k),s=k-i;
    const c=d.canvas.getContext('2d'),w=d.canvas.width,h=d.canvas.height,m=h/2.3;
    const p=b=>{const a=(i*22+b)*3,z=a+66,v=n=>(d.at[a+n]*(1-s)+d.at[z+n]*s)/1000;
      return[w/2+(v(0)*.87+v(2)*.5)*m,h*.88-v(1)*m+(v(2)*.87-v(0)*.5)*m*.18];};
    c.clearRect(0,0,w,h);c.lineWidth=3;c.lineCap='round';
    for(const[a,b,colour]of links){c.strokeStyle=colour;c.beginPath();c.moveTo(...p(a));c.lineTo(...p(b));c.stroke();}
    const since=Math.min(...d.beats.map(b=>t-b).filter(x=>x>=0),9);
    c.fillStyle='rgba(240,150,20,'+Math.max(0,1-since/.2)+')';c.beginPath();c.arc(14,14,8,0,7);c.fill();
  }
  requestAnimationFrame(draw);
}
requestAnimationFrame(draw);
"""


def preview(shown: list[tuple[str, Dance]]) -> str:
    """A canvas for each (who, dance), all playing."""
    links = [[bone, PARENTS[bone], _colour(bone)] for bone in range(1, len(BONES))]
    canvases = [
        f"<div><canvas width=170 height=200 data-dance='{escape(_packed(dance))}'></canvas><br>"
        f"{escape(who)}: {escape(dance.style)}</div>"
        for who, dance in shown
    ]
    script = PLAYER.replace("LINKS", json.dumps(links))
    return f"<div class=floor>{''.join(canvases)}</div><script>{script}</script>"


def figures(dance: Dance) -> str:
    """A strip of bodies seen from the front, evenly over the dance, as SVG."""
    body = _centred(dance.positions)
    frames = np.linspace(0, len(body) - 1, min(FIGURES, len(body))).astype(int)
    lines = []
    for column, frame in enumerate(frames):
        x = (body[frame, :, 0] + APART * (column + 0.6)) * SCALE
        y = (2.0 - body[frame, :, 1]) * SCALE
        lines += [
            f'<line x1="{x[a]:.0f}" y1="{y[a]:.0f}" x2="{x[b]:.0f}" y2="{y[b]:.0f}" stroke="{_colour(a)}"/>'
            for a, b in enumerate(PARENTS)
            if b >= 0
        ]
        place = APART * (column + 0.6) * SCALE
        lines.append(f'<text x="{place:.0f}" y="{2.2 * SCALE:.0f}" font-size="9">{frame / dance.fps:.1f}</text>')
    width, height = (len(frames) + 0.2) * APART * SCALE, 2.25 * SCALE
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" stroke-width="2">{"".join(lines)}</svg>'


def _packed(dance: Dance) -> str:
    """Millimetres as base64, frames and beats, for the player."""
    body = np.clip(_centred(dance.positions) * 1000, -32000, 32000).astype("<i2")
    frames = base64.b64encode(body.tobytes()).decode()
    beats = [round(float(beat), 3) for beat in dance.inside]
    return json.dumps({"fps": dance.fps, "count": len(body), "beats": beats, "frames": frames})


def _centred(positions: F64) -> F64:
    """[T, 22, 3] m about the middle of where the hips go, slowly following them."""
    window = min(len(positions), 31)
    hips = np.pad(positions[:, 0, ::2], ((window // 2, window - 1 - window // 2), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(column, np.ones(window) / window, mode="valid") for column in hips.T], axis=1)
    centred = positions.copy()
    centred[..., ::2] -= smooth[:, None]
    return centred


def _colour(bone: int) -> str:
    return LEFT if BONES[bone].startswith("left") else RIGHT
