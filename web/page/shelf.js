// The file under way, kept in this browser until it is stamped: a closed tab or an empty battery does not ask for it twice.

const NAME = "meterai";
const SHELF = "files";

function opened() {
  return new Promise((resolve, reject) => {
    const asking = indexedDB.open(NAME, 1);
    asking.onupgradeneeded = () => asking.result.createObjectStore(SHELF);
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
}

async function use(mode, act) {
  let shelves = null;
  try {
    shelves = await opened();
    return await new Promise((resolve, reject) => {
      const asking = act(shelves.transaction(SHELF, mode).objectStore(SHELF));
      asking.onsuccess = () => resolve(asking.result ?? null);
      asking.onerror = () => reject(asking.error);
    });
  } catch {
    return null; // where storage is refused (private windows) the file is chosen again
  } finally {
    shelves?.close();
  }
}

// The bytes are copied: a file on a phone may be gone, or another, when it is read again.
export async function put(file) {
  const bytes = await file.arrayBuffer();
  return use("readwrite", (shelf) => shelf.put({ name: file.name, type: file.type, bytes }, "document"));
}

export async function get() {
  const kept = await use("readonly", (shelf) => shelf.get("document"));
  return kept && new File([kept.bytes], kept.name, { type: kept.type });
}

export const drop = () => use("readwrite", (shelf) => shelf.delete("document"));
