// The toy the studio is named after: a strip of still pictures behind slits. The strip jumps one
// picture at a time (the stylesheet does that, in steps), so the ball appears to bounce although it
// is only ever drawn.

const FRAMES = 12;
const SLITS = 5;
const WIDTH = 60;
const HEIGHT = 120;

export function Zoetrope() {
  return (
    <svg aria-hidden viewBox={`0 0 ${SLITS * WIDTH} ${HEIGHT}`} className="w-full max-w-md">
      <defs>
        <clipPath id="slits">
          {Array.from({ length: SLITS }, (_, slit) => (
            <rect key={slit} x={slit * WIDTH + 4} y="0" width={WIDTH - 8} height={HEIGHT} rx="12" />
          ))}
        </clipPath>
      </defs>
      <g clipPath="url(#slits)">
        <rect width="100%" height="100%" className="fill-raised" />
        <g className="zoetrope-strip">
          {Array.from({ length: FRAMES + SLITS }, (_, frame) => (
            <Frame key={frame} x={frame * WIDTH} phase={frame / FRAMES} />
          ))}
        </g>
      </g>
    </svg>
  );
}

function Frame({ x, phase }: { x: number; phase: number }) {
  const height = Math.abs(Math.sin(Math.PI * phase));
  const squash = Math.max(0, 0.25 - height) * 1.6;
  const ground = HEIGHT - 18;
  return (
    <g transform={`translate(${x + WIDTH / 2} 0)`}>
      <ellipse
        cx="0"
        cy={ground}
        rx={13 - 7 * height}
        ry="2"
        className="fill-line-strong opacity-60"
      />
      <ellipse
        cx="0"
        cy={ground - 12 * (1 - squash) - 62 * height}
        rx={12 * (1 + squash / 2)}
        ry={12 * (1 - squash)}
        className="fill-accent"
      />
    </g>
  );
}
