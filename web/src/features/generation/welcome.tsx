import { Zoetrope } from "../../ui/zoetrope";

const steps = [
  ["Drop a photo", "One clear subject works best. Several photos at once are fine."],
  ["Choose what to make", "A short camera move, a 3D model to turn and print, or both."],
  ["Watch it happen", "It is made on this machine, of nothing but your photo."],
] as const;

// The room before anything was made.
export function Welcome() {
  return (
    <section
      aria-labelledby="welcome"
      className="mx-auto flex max-w-3xl flex-col items-center justify-center gap-10 py-8 text-center lg:min-h-[calc(100dvh-2.5rem)]"
    >
      <Zoetrope />
      <h2 id="welcome" className="text-xl">
        Set a photo in motion
      </h2>
      <ol className="grid w-full gap-6 text-left sm:grid-cols-3">
        {steps.map(([title, text], index) => (
          <li key={title} className="border-t-2 border-accent pt-3">
            <p className="mb-1 font-medium">
              <span className="mr-2 text-accent tabular-nums">{index + 1}</span>
              {title}
            </p>
            <p className="text-muted">{text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
