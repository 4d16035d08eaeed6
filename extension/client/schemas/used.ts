/** What of zod the client's messages are made with. */
export {
  array,
  boolean,
  discriminatedUnion,
  enum,
  int,
  literal,
  number,
  object,
  record,
  strictObject,
  string,
  union,
  unknown,
  url,
} from "zod";
