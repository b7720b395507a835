import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { followGenerations, refreshUnfinished } from "../../features/generation/live";
import { followBatches } from "../../features/pipelines/live";
import { type Connection, startLive } from "./live";

const POLL_MS = 2000;

// Keeps the cache true for as long as the page lives: by events, or by polling while there are
// none.
export function useLive(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");

  useEffect(() => {
    const followers = [followGenerations(client), followBatches(client)];
    return startLive({
      onConnection: setConnection,
      onEvent: (event) => {
        if (event.type === "resync") void client.invalidateQueries();
        else for (const follow of followers) follow(event);
      },
    });
  }, [client]);

  useEffect(() => {
    if (connection !== "offline") return;
    const timer = setInterval(() => refreshUnfinished(client), POLL_MS);
    return () => clearInterval(timer);
  }, [client, connection]);

  return connection;
}
