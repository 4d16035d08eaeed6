/** Style sheets are gathered by the bundler into the file that the host page links. */
declare module "*.css";
